//! SignalTask.

use super::SERVICE;
use crate::lab::Lab;

pub async fn signals_have_many_names(lab: &Lab) {
    let plugin = lab.plugin().await;
    let program = "trap USR1 {\nout one\\n\n}\ntrap HUP {\nout hangup\\n\n}\ntrap USR2 {\nexit 12\n}\nout ready\\n\nforever";
    let task = lab.task(program);
    plugin.start(&task).await.unwrap();
    task.stdout.says("ready\n").await;
    let mut heard = "ready\n".to_owned();
    for (name, word) in [("SIGUSR1", "one\n"), ("usr1", "one\n"), ("10", "one\n"), ("SIGHUP", "hangup\n")] {
        plugin.signal(task.id(), name).await.unwrap();
        heard.push_str(word);
        task.stdout.says(&heard).await;
    }
    for name in ["", "SIGNOPE", "0", "99"] {
        let refused = plugin.signal(task.id(), name).await.unwrap_err();
        assert!(refused.message.contains("signal") && refused.message.contains(name), "{refused:?}");
    }
    plugin.signal(task.id(), "SIGUSR2").await.unwrap();
    assert_eq!(plugin.exit_code(task.id()).await, 12);
}

pub async fn an_ended_task_gets_no_signal(lab: &Lab) {
    let plugin = lab.plugin().await;
    let task = lab.task(SERVICE);
    plugin.start(&task).await.unwrap();
    task.stdout.says("ready").await;
    plugin.signal(task.id(), "SIGTERM").await.unwrap();
    plugin.wait(task.id()).await.unwrap();
    let refused = plugin.signal(task.id(), "SIGTERM").await.unwrap_err();
    assert!(refused.message.contains("running"), "{refused:?}");
}
