//! What the screen looks like, written into the text of a configuration.

use toml_edit::{Array, DocumentMut, Item, TableLike, Value};

use super::file::{ConfigFile, Problem};
use crate::tui::arrangement::Arrangement;

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// What is there has to be mended first.
    #[error("the configuration is not right as it is")]
    Wrong(#[from] Problem),
    /// The same, as the writer sees it.
    #[error("the configuration is not right as it is")]
    Unreadable(#[from] toml_edit::TomlError),
}

/// `text` with what is arranged in it; comments and everything else stay as they are.
///
/// # Errors
/// When the text is no configuration.
pub fn kept(text: &str, arrangement: &Arrangement) -> Result<String, KeepError> {
    ConfigFile::parse(text)?;
    let mut file: DocumentMut = text.parse()?;
    let root = file.as_table_mut();
    set(root, "units", arrangement.units);
    set(root, "theme", arrangement.theme.as_str());
    if let Some(symbols) = arrangement.symbols {
        set(root, "symbols", symbols);
    }
    let screen = file.entry("screen").or_insert(Item::Table(toml_edit::Table::new()));
    // Whatever kind of table the user has made it: it was read as one.
    let Some(screen) = screen.as_table_like_mut() else { return Ok(file.to_string()) };
    set(screen, "hidden", arrangement.hidden.iter().copied().collect::<Array>());
    set(screen, "order", arrangement.order);
    if let Some(column) = arrangement.column {
        set(screen, "column", format!("{}s", column.as_secs()));
    }
    set(screen, "log", arrangement.log);
    set(screen, "mouse", arrangement.mouse);
    Ok(file.to_string())
}

/// Gives a key another value, where it has another; what stands around it stays.
fn set(table: &mut dyn TableLike, key: &str, new: impl Into<Value>) {
    let mut new = new.into();
    let Some(item) = table.get_mut(key) else {
        table.insert(key, Item::Value(new));
        return;
    };
    if let Some(old) = item.as_value() {
        if is_same(old, &new) {
            return;
        }
        *new.decor_mut() = old.decor().clone();
    }
    *item = Item::Value(new);
}

/// However they are written.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(one), Value::String(other)) => one.value() == other.value(),
        (Value::Boolean(one), Value::Boolean(other)) => one.value() == other.value(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::file::TEMPLATE;
    use super::*;
    use crate::tui::arrangement::Panel;

    fn arrangement() -> Arrangement {
        Arrangement {
            units: "bytes",
            theme: "light".into(),
            symbols: Some("braille"),
            hidden: vec!["trials"],
            order: "name",
            column: Some(Duration::from_secs(60)),
            log: true,
            mouse: false,
        }
    }

    #[test]
    fn what_is_kept_is_read_again_and_nothing_else_changes() {
        let kept = kept(TEMPLATE, &arrangement()).expect("kept");
        let file = ConfigFile::parse(&kept).expect("right");
        assert_eq!(file.screen.hidden, [Panel::Trials]);
        assert_eq!(file.screen.column, Some(Duration::from_secs(60)));
        assert_eq!(file.screen.mouse, Some(false));
        for line in TEMPLATE.lines() {
            assert!(kept.contains(line), "{line}");
        }
        assert_eq!(super::kept(&kept, &arrangement()).expect("kept"), kept, "again");
    }

    #[test]
    fn the_users_own_lines_stay_and_a_wrong_file_is_left_alone() {
        let own = "# mine\nunits = 'bits' # for now\n[sessions]\nmax_age_days = 7\n";
        let text = kept(own, &arrangement()).expect("kept");
        assert!(text.starts_with("# mine\n") && text.contains("max_age_days = 7"), "{text}");
        assert!(text.contains("units = \"bytes\" # for now"), "{text}");
        let same = "units = 'bytes'\ntheme = 'light' # mine\nsymbols = 'braille'\n\
                    [screen]\nhidden = [\n  'trials', # seldom\n]\n";
        assert!(kept(same, &arrangement()).expect("kept").starts_with(same));
        // What follows the terminal or the session goes on to do so.
        let free = Arrangement { symbols: None, column: None, ..arrangement() };
        let text = kept(own, &free).expect("kept");
        assert!(!text.contains("symbols") && !text.contains("column"), "{text}");
        assert!(kept("unitz = 1", &arrangement()).is_err());
        assert!(kept("screen = 1", &arrangement()).is_err());
    }
}
