//! The option tables as the host's schema language (hclspec).

use crate::adapters::nomad::proto::hclspec::{self, Attr, Block, BlockList, Literal, Object, Spec, spec};
use crate::domain::config::OptionRow;
use crate::domain::config::row::{Default, Kind};
use crate::domain::mapped::Mapped;

/// The schema of a table.
pub fn schema(table: &[OptionRow]) -> Spec {
    let attributes = table.iter().map(|row| (row.name.to_owned(), row_spec(row))).mapped();
    wrap(spec::Block::Object(Object { attributes }))
}

fn wrap(block: spec::Block) -> Spec {
    Spec { block: Some(block) }
}

fn row_spec(row: &OptionRow) -> Spec {
    match (row.kind, row.default) {
        (Kind::Block(rows), _) => block(row.name, rows),
        (Kind::BlockList(rows), _) => block_list(row.name, rows),
        (_, Default::Bool(flag)) => with_default(attr(row), &flag.to_string()),
        // An expression: a string needs its quotes (protocol 4.3).
        (_, Default::Text(text)) => with_default(attr(row), &format!("{text:?}")),
        (_, Default::Unset | Default::Required) => attr(row),
    }
}

/// Nomad plugin protocol 4.3: inside Default or Block the name must be said again.
fn attr(row: &OptionRow) -> Spec {
    let r#type = match row.kind {
        Kind::Text => "string",
        Kind::Bool => "bool",
        Kind::Number => "number",
        Kind::TextList => "list(string)",
        // A literal object in a job file reaches the schema as a list of one (protocol 4.2).
        Kind::TextMap => "list(map(string))",
        Kind::NumberMap => "list(map(number))",
        // Converted to what it is: a string, or a tuple of what stands in the list.
        Kind::TextOrList | Kind::Block(_) | Kind::BlockList(_) => "any",
    };
    let required = matches!(row.default, Default::Required);
    wrap(spec::Block::Attr(Attr { name: row.name.to_owned(), r#type: r#type.to_owned(), required }))
}

fn block(name: &str, rows: &[OptionRow]) -> Spec {
    let nested = Some(Box::new(schema(rows)));
    wrap(spec::Block::BlockValue(Box::new(Block { name: name.to_owned(), required: false, nested })))
}

fn block_list(name: &str, rows: &[OptionRow]) -> Spec {
    let nested = Some(Box::new(schema(rows)));
    let list = BlockList { name: name.to_owned(), nested, min_items: 0, max_items: 0 };
    wrap(spec::Block::BlockList(Box::new(list)))
}

fn with_default(primary: Spec, literal: &str) -> Spec {
    let literal = wrap(spec::Block::Literal(Literal { value: literal.to_owned() }));
    wrap(spec::Block::Default(Box::new(hclspec::Default {
        primary: Some(Box::new(primary)),
        default: Some(Box::new(literal)),
    })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::plugin_options::PLUGIN_OPTIONS;
    use crate::domain::config::task_options::TASK_OPTIONS;

    fn attributes(spec: Spec) -> std::collections::BTreeMap<String, Spec> {
        match spec.block {
            Some(spec::Block::Object(object)) => object.attributes,
            other => panic!("not an object: {other:?}"),
        }
    }

    #[test]
    fn every_row_has_a_named_spec() {
        for (table, least) in [(TASK_OPTIONS, 16), (PLUGIN_OPTIONS, 4)] {
            let specs = attributes(schema(table));
            assert_eq!(specs.len(), table.len());
            assert!(specs.len() >= least);
            assert!(
                specs.values().all(|spec| spec.block.is_some()),
                "an empty oneof is an error to the host"
            );
        }
    }

    #[test]
    fn the_image_is_required_and_defaults_repeat_their_name() {
        let specs = attributes(schema(TASK_OPTIONS));
        let Some(spec::Block::Attr(image)) = &specs["image"].block else { panic!("image is no attribute") };
        assert!(image.required);
        let Some(spec::Block::Default(init)) = &specs["init"].block else { panic!("init has no default") };
        let Some(Spec { block: Some(spec::Block::Attr(primary)) }) = init.primary.as_deref() else {
            panic!("no primary")
        };
        assert_eq!(primary.name, "init");
    }
}
