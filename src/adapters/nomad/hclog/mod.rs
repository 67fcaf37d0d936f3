//! Logs as the host reads them: one JSON object per line on stderr.
//!
//! What lives here: the layer that turns tracing events into such lines, the pipe they go through, the panic
//! hook. What must not: a decision about what is worth logging. The host filters by its own level, so
//! everything of ours is sent, and of the libraries what is at least information.

mod line;
mod sink;

use std::{
    error::Error,
    io::{self, Write},
    os::fd::AsFd,
    panic::{self, PanicHookInfo},
    sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError},
    thread,
};

use time::OffsetDateTime;
use tracing::{
    Event, Level, Metadata, Subscriber,
    span::{Attributes, Id, Record},
    subscriber::SetGlobalDefaultError,
};
use tracing_subscriber::{
    Layer, Registry,
    filter::{LevelFilter, Targets},
    layer::{Context, SubscriberExt},
    registry::{LookupSpan, Scope},
};

use line::{Fields, Line};
use sink::Sink;

/// Where our own events come from, and what the host shows as their module.
const OUR_TARGET: &str = "nomad_driver_podman";
const OUR_MODULE: &str = "podman";

/// The wall clock, for log lines that are written before there is a host to ask.
pub fn wall_clock() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// Sends the logs and the panics of this process to stderr.
///
/// # Errors
/// Logging was already set up.
pub fn install(
    clock: impl Fn() -> OffsetDateTime + Send + Sync + 'static,
) -> Result<(), SetGlobalDefaultError> {
    let log = Hclog::new(io::stderr(), clock);
    tracing::subscriber::set_global_default(subscriber(log.clone()))?;
    panic::set_hook(Box::new(move |info| log.report_panic(info)));
    Ok(())
}

fn subscriber<W: Write + AsFd + Send + 'static>(log: Hclog<W>) -> impl Subscriber + Send + Sync {
    Registry::default().with(levels()).with(log)
}

/// Nomad plugin protocol: plugins log everything and the agent filters. Below info, the HTTP/2 libraries
/// would fill the pipe with frames.
fn levels() -> Targets {
    Targets::new().with_default(LevelFilter::INFO).with_target(OUR_TARGET, LevelFilter::TRACE)
}

type Clock = Arc<dyn Fn() -> OffsetDateTime + Send + Sync>;

/// The layer. Clones share one output, so that lines never interleave.
struct Hclog<W> {
    clock: Clock,
    sink: Arc<Mutex<Sink<W>>>,
}

impl<W> Clone for Hclog<W> {
    fn clone(&self) -> Self {
        Self { clock: Arc::clone(&self.clock), sink: Arc::clone(&self.sink) }
    }
}

impl<W: Write + AsFd> Hclog<W> {
    fn new(out: W, clock: impl Fn() -> OffsetDateTime + Send + Sync + 'static) -> Self {
        Self { clock: Arc::new(clock), sink: Arc::new(Mutex::new(Sink::new(out))) }
    }

    fn emit(&self, level: Level, module: &str, fields: &Fields) {
        let at = (self.clock)();
        let line = Line { level, module, at, fields }.render();
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        sink.send(&line);
        let dropped = sink.take_dropped();
        if dropped > 0 {
            let fields =
                Fields::with_message("log lines dropped: the host did not read them").set("lines", dropped);
            sink.send(&Line { level: Level::WARN, module: OUR_MODULE, at, fields: &fields }.render());
        }
    }

    /// Says what happened and where. A panic inside the logging itself finds the lock taken and stays silent.
    fn report_panic(&self, info: &PanicHookInfo<'_>) {
        let Some(mut sink) = self.try_sink() else { return };
        let fields = panic_fields(info);
        let line = Line { level: Level::ERROR, module: OUR_MODULE, at: (self.clock)(), fields: &fields };
        sink.send(&line.render());
    }

    fn try_sink(&self) -> Option<MutexGuard<'_, Sink<W>>> {
        match self.sink.try_lock() {
            Ok(sink) => Some(sink),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

fn panic_fields(info: &PanicHookInfo<'_>) -> Fields {
    let payload = info.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
    let location = info.location().map(ToString::to_string).unwrap_or_default();
    let thread = thread::current().name().unwrap_or("unnamed").to_owned();
    Fields::with_message(format_args!("the plugin panicked: {text}"))
        .set("location", location)
        .set("thread", thread)
}

/// Ours go by the driver's name, others by their own.
fn module_of(metadata: &Metadata<'static>) -> &'static str {
    let target = metadata.target();
    if target.starts_with(OUR_TARGET) { OUR_MODULE } else { target }
}

impl<S, W> Layer<S> for Hclog<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Write + AsFd + Send + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        span.extensions_mut().replace(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in context.event_scope(event).into_iter().flat_map(Scope::from_root) {
            if let Some(of_span) = span.extensions().get::<Fields>() {
                fields.inherit(of_span);
            }
        }
        event.record(&mut fields);
        self.emit(*event.metadata().level(), module_of(event.metadata()), &fields);
    }
}

/// An error and its causes on one line, outermost first.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let inner = error.to_string();
        // An outer message that already quotes its cause says it once.
        if !text.ends_with(&inner) {
            text.push_str(": ");
            text.push_str(&inner);
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests;
