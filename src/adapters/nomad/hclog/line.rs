//! The form of one line.

use std::{collections::BTreeMap, error::Error, fmt, num::NonZeroU8};

use serde_json::{Map, Value};
use time::{
    OffsetDateTime,
    format_description::well_known::{
        Iso8601,
        iso8601::{Config, EncodedConfig, TimePrecision},
    },
};
use tracing::{
    Level,
    field::{Field, Visit},
};

/// Nomad plugin protocol: the host reads lines of up to 64 KiB and shows a longer one in pieces, unparsed.
pub(super) const LINE_BYTES_MAX: usize = 60 * 1024;
/// What of a message is kept in a line that would be longer: JSON may need six bytes for one.
const CLIPPED_BYTES: usize = LINE_BYTES_MAX / 8;

/// The fields of an event or a span, as text: the host would read a JSON number as a float and show 1234567
/// as 1.234567e+06.
#[derive(Debug, Default)]
pub(super) struct Fields {
    message: String,
    others: BTreeMap<&'static str, String>,
}

impl Fields {
    pub(super) fn with_message(message: impl fmt::Display) -> Self {
        Self { message: message.to_string(), others: BTreeMap::new() }
    }

    pub(super) fn set(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.put(name, value.to_string());
        self
    }

    /// Takes over what a surrounding span knows, except for a message.
    pub(super) fn inherit(&mut self, span: &Self) {
        self.others.extend(span.others.iter().map(|(name, value)| (*name, value.clone())));
    }

    /// The host keeps `@` for itself and dies of an `@` key that is not a string: no name of ours may begin
    /// so.
    fn put(&mut self, name: &'static str, value: String) {
        self.others.insert(name.trim_start_matches('@'), value);
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => value.clone_into(&mut self.message),
            name => self.put(name, value.to_owned()),
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.record_str(field, &super::chain(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

/// One entry of the host's log.
pub(super) struct Line<'a> {
    pub(super) level: Level,
    pub(super) module: &'a str,
    pub(super) at: OffsetDateTime,
    pub(super) fields: &'a Fields,
}

impl Line<'_> {
    /// A JSON object and a line feed, at most [`LINE_BYTES_MAX`] bytes.
    pub(super) fn render(&self) -> String {
        let others =
            self.fields.others.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into()));
        let whole = self.object(&self.fields.message, others);
        if whole.len() <= LINE_BYTES_MAX {
            return whole;
        }
        self.object(clip(&self.fields.message), [("truncated".to_owned(), "true".into())])
    }

    fn object(&self, message: &str, others: impl IntoIterator<Item = (String, Value)>) -> String {
        let mut object = Map::new();
        object.extend(others);
        object.insert("@level".to_owned(), level_name(self.level).into());
        object.insert("@message".to_owned(), message.into());
        object.insert("@module".to_owned(), self.module.into());
        object.insert("@timestamp".to_owned(), timestamp(self.at).into());
        let mut text = Value::Object(object).to_string();
        text.push('\n');
        text
    }
}

/// Nomad plugin protocol: exactly six digits of a second; with another count the host shows raw JSON.
const MICROSECONDS: EncodedConfig =
    Config::DEFAULT.set_time_precision(TimePrecision::Second { decimal_digits: NonZeroU8::new(6) }).encode();

/// The moment as the host parses it; a year that cannot be written, which no clock shows, is left out.
fn timestamp(at: OffsetDateTime) -> String {
    at.format(&Iso8601::<MICROSECONDS>).unwrap_or_default()
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

fn clip(message: &str) -> &str {
    let mut end = message.len().min(CLIPPED_BYTES);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    &message[..end]
}
