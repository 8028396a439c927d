//! What is wrong with a line of JSON.

/// What a parser says, without the line number that it counts in the one line it was given.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Misread(String);

impl From<serde_json::Error> for Misread {
    fn from(error: serde_json::Error) -> Self {
        let said = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let Some(what) = said.strip_suffix(&place) else { return Self(said) };
        match error.column() {
            // Behind the end of the line.
            0 => Self(what.to_owned()),
            column => Self(format!("{what} at column {column}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_column_and_no_line() {
        let said = |text: &str| {
            let error = serde_json::from_str::<Vec<u8>>(text).expect_err("wrong");
            Misread::from(error).to_string()
        };
        assert_eq!(said("[1,x]"), "expected value at column 4");
        assert_eq!(said("[1,\n"), "EOF while parsing a value");
    }
}
