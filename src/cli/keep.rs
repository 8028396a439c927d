//! What the screen looks like, written into the text of a configuration.

use toml_edit::{Array, DocumentMut, Item, Value, value};

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
    file["units"] = value(arrangement.units);
    file["theme"] = value(arrangement.theme.as_str());
    file["symbols"] = value(arrangement.symbols);
    let screen = file.entry("screen").or_insert(Item::Table(toml_edit::Table::new()));
    screen["hidden"] =
        value(arrangement.hidden.iter().copied().map(Value::from).collect::<Array>());
    screen["order"] = value(arrangement.order);
    screen["column"] = value(format!("{}s", arrangement.column.as_secs()));
    screen["log"] = value(arrangement.log);
    screen["mouse"] = value(arrangement.mouse);
    Ok(file.to_string())
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
            symbols: "braille",
            hidden: vec!["trials"],
            order: "name",
            column: Duration::from_secs(60),
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
        assert!(text.contains("units = \"bytes\""), "{text}");
        assert!(kept("unitz = 1", &arrangement()).is_err());
        assert!(kept("screen = 1", &arrangement()).is_err());
    }
}
