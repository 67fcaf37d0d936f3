//! Everything that will be played, checked before anything starts.

use super::alloc::{self, Alloc};
use super::environment;
use super::jobfile::model::{Group, Job, Task};
use super::jobfile::options::at_their_lines;
use super::jobfile::{DRIVER, Findings};
use super::output::Labels;
use crate::domain::config::TaskConfig;
use crate::domain::task::request::{Resources, TaskMeta, TaskNetwork};
use crate::domain::task::{TaskId, TaskRequest};
use crate::ports::Clock;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// One allocation with its tasks.
#[derive(Debug, Clone)]
pub struct AllocPlan {
    /// The allocation.
    pub alloc: Alloc,
    /// Its tasks, in the order of the file.
    pub tasks: Vec<TaskPlan>,
}

/// One task of an allocation.
#[derive(Debug, Clone)]
pub struct TaskPlan {
    /// As written.
    pub task: Task,
    /// What the driver gets; its id is replaced for each start.
    pub request: TaskRequest,
}

/// A job, ready to be played.
#[derive(Debug)]
pub struct Plan {
    /// The job.
    pub job: Arc<Job>,
    /// Its allocations.
    pub allocs: Vec<AllocPlan>,
    /// Tasks of other drivers, `group.task (driver)`.
    pub skipped: Vec<String>,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Directories or ports.
    #[error("cannot prepare the allocations below {0}: {1}")]
    Io(String, #[source] io::Error),
    /// Options that the driver would refuse, at their lines.
    #[error(transparent)]
    Options(#[from] Findings),
    /// Every task belongs to another driver.
    #[error("the job has no task of driver podman: {0}")]
    NoTask(String),
}

impl Plan {
    /// Prepares `job` below `root`.
    ///
    /// # Errors
    /// All problems of all tasks.
    pub fn make(job: Job, root: &Path, clock: &dyn Clock) -> Result<Self, PlanError> {
        let mut plan = Self { job: Arc::new(job), allocs: vec![], skipped: vec![] };
        let mut problems = Findings::default();
        let job = Arc::clone(&plan.job);
        for group in &job.groups {
            let (ours, others): (Vec<&Task>, Vec<&Task>) =
                group.tasks.iter().partition(|task| task.driver == DRIVER);
            let skipped = others.iter().map(|task| format!("{}.{} ({})", group.name, task.name, task.driver));
            plan.skipped.extend(skipped);
            for index in 0..if ours.is_empty() { 0 } else { group.count } {
                let alloc = Alloc::make(group, index, root, clock)
                    .map_err(|error| PlanError::Io(root.display().to_string(), error))?;
                let tasks = ours.iter().map(|task| task_plan(&job, group, task, &alloc, &mut problems));
                let tasks = tasks.collect::<io::Result<_>>();
                let tasks = tasks.map_err(|error| PlanError::Io(root.display().to_string(), error))?;
                plan.allocs.push(AllocPlan { alloc, tasks });
            }
        }
        if !plan.skipped.is_empty() && plan.allocs.is_empty() {
            return Err(PlanError::NoTask(plan.skipped.join(", ")));
        }
        Ok(problems.or(plan)?)
    }

    /// Names for the timeline: as short as they can be without being ambiguous.
    pub fn labels(&self) -> Labels {
        let mut labels = Labels::default();
        for AllocPlan { alloc, tasks } in &self.allocs {
            for TaskPlan { task, request } in tasks {
                let same = self.allocs.iter().flat_map(|other| &other.tasks);
                let mut same = same.filter(|other| other.task.name == task.name);
                let group = &request.meta.group_name;
                let elsewhere = same.clone().any(|other| other.request.meta.group_name != *group);
                let repeated = same
                    .any(|other| other.request.meta.group_name == *group && other.request.id != request.id);
                let name = if elsewhere { format!("{group}.{}", task.name) } else { task.name.clone() };
                let text = if repeated { format!("{name}[{}]", alloc.index) } else { name };
                labels.add(&alloc.id, &task.name, text);
            }
        }
        labels
    }
}

fn task_plan(
    job: &Job,
    group: &Group,
    task: &Task,
    alloc: &Alloc,
    problems: &mut Findings,
) -> io::Result<TaskPlan> {
    let nomad = environment::nomad_vars(job, group, task, alloc);
    let references = environment::references(job, &nomad, task);
    let (config, unknown) = references.config(&task.config.value);
    problems.0.extend(at_their_lines(task, unknown));
    // The driver will find the same, but cannot say in which line.
    if let Err(refused) = TaskConfig::decode(&config) {
        problems.0.extend(at_their_lines(task, refused));
    }
    let request = TaskRequest {
        id: TaskId::new(format!("{}/{}/", alloc.id, task.name)),
        meta: meta(job, group, task, alloc),
        config,
        env: environment::environment(&nomad, &references, task),
        resources: resources(task, alloc)?,
        mounts: vec![],
        devices: vec![],
        user: task.user.as_deref().map(|user| references.lenient(user)),
        dirs: alloc.dirs(task),
        network: None,
        dns: group.network.as_ref().and_then(|network| network.dns.clone()),
    };
    Ok(TaskPlan { task: task.clone(), request })
}

fn meta(job: &Job, group: &Group, task: &Task, alloc: &Alloc) -> TaskMeta {
    TaskMeta {
        task_name: task.name.clone(),
        alloc_id: alloc.id.clone(),
        group_name: group.name.clone(),
        job_name: job.name.clone(),
        job_id: job.id.clone(),
        namespace: job.namespace.clone(),
        node_name: "localhost".to_owned(),
        node_id: String::new(),
    }
}

fn resources(task: &Task, alloc: &Alloc) -> io::Result<Resources> {
    let own = task.resources.network.as_ref().map(alloc::ports).transpose()?;
    let network = own.map(|ports| TaskNetwork {
        ip: alloc.host_ip.to_string(),
        ports: ports.into_iter().map(|port| (port.label, port.host)).collect(),
    });
    Ok(Resources {
        cpu_shares: task.resources.cpu,
        cpu_share_of_node: share_of_node(task.resources.cpu),
        cpuset: task.resources.cores.filter(|cores| *cores > 0).map(cpuset).unwrap_or_default(),
        memory_mb: task.resources.memory,
        memory_max: task.resources.memory_max,
        ports: alloc.ports.clone(),
        networks: network.into_iter().collect(),
    })
}

/// What a hard limit refers to. Nobody has measured this machine, so each of its cores counts as 1000 MHz.
fn share_of_node(mhz: u64) -> f64 {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    #[expect(clippy::cast_precision_loss, reason = "MHz and cores fit 52 bits")]
    (mhz as f64 / (1000 * cores) as f64).min(1.0)
}

/// The first `cores` cores: a node of one has nobody to share with.
fn cpuset(cores: u32) -> String {
    (0..cores).map(|core| core.to_string()).collect::<Vec<_>>().join(",")
}
