//! The keys as the user has them: the table's, but for those that the configuration changes.

use std::collections::BTreeMap;
use std::fmt;

use crokey::{KeyCombinationFormat, OneToThree};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{Binding, Command, KEYMAP, Key, key_of};
use crate::known::nearest::{Nearest, nearest};
use crate::tui::view_state::{Mode, View};

/// Which keys ask for what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keymap {
    own: Vec<Own>,
}

/// A line of the table with other keys.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Own {
    name: &'static str,
    keys: Vec<Key>,
    written: String,
}

/// A line of the table as it holds for this user.
#[derive(Debug, Clone, Copy)]
pub struct Bound<'a> {
    /// What it does.
    pub binding: &'static Binding,
    /// Its keys; none where the user wants none.
    pub keys: &'a [Key],
    /// How the help writes them.
    pub written: &'a str,
}

/// Why keys cannot be as the configuration says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeymapError {
    /// There is no such command.
    #[error("[keys]: there is no command `{name}`{nearest}")]
    Command {
        /// As it was written.
        name: String,
        /// What may be meant.
        nearest: Nearest,
    },
    /// It keeps its key.
    #[error("[keys]: the key of `{0}` cannot be changed: it has to work whatever else is wrong")]
    Fixed(&'static str),
    /// No key is called so.
    #[error(
        "[keys]: {name}: there is no key `{key}`; write a character, or a name such as Space, Enter, F5, PgDn, \
         Ctrl-R, Alt-Left"
    )]
    Key {
        /// Whose.
        name: &'static str,
        /// As it was written.
        key: String,
    },
    /// The terminal sends another key for it.
    #[error("[keys]: {name}: for {key} terminals send {sent}; choose another")]
    Sent {
        /// Whose.
        name: &'static str,
        /// As it is written.
        key: String,
        /// What arrives.
        sent: &'static str,
    },
    /// One key for two commands that hold at once.
    #[error("[keys]: {key} is the key of both `{first}` and `{second}`; give one of them another")]
    Conflict {
        /// Which.
        key: String,
        /// The one.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
}

impl<'a> Bound<'a> {
    /// The first key, as the help writes it.
    pub fn shown(self) -> &'a str {
        self.written.split(", ").next().unwrap_or_default()
    }
}

/// How a command is asked for: by its first key, else by its name.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a>(Bound<'a>);

impl fmt::Display for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.shown() {
            "" => write!(f, ":{}", self.0.binding.name),
            key => f.write_str(key),
        }
    }
}

impl Keymap {
    /// The table with these keys instead of its own, by the names of commands; an empty list takes a
    /// command's keys away.
    ///
    /// # Errors
    /// When a name or a key is unknown, or one key would mean two things at once.
    pub fn new(wanted: &BTreeMap<String, Vec<String>>) -> Result<Self, KeymapError> {
        let own: Result<Vec<Own>, _> = wanted.iter().map(|(name, keys)| own(name, keys)).collect();
        let keymap = Self { own: own? };
        keymap.check()?;
        Ok(keymap)
    }

    /// Every line of the table, in its order.
    pub fn all(&self) -> impl Iterator<Item = Bound<'_>> {
        KEYMAP.iter().map(|binding| self.bound(binding))
    }

    /// How a command is asked for.
    ///
    /// # Panics
    /// When it is not in the table.
    pub fn asked(&self, command: Command) -> Asked<'_> {
        let bound = self.all().find(|bound| bound.binding.command == command);
        Asked(bound.expect("every command that is told of is in the table"))
    }

    /// Those that hold in this mode of this view.
    pub fn held(&self, mode: Mode, view: View) -> impl Iterator<Item = Bound<'_>> {
        self.all().filter(move |bound| bound.binding.holds(mode, view))
    }

    /// What a key press asks for.
    pub fn command(&self, event: KeyEvent, mode: Mode, view: View) -> Option<Command> {
        let (code, held) = key_of(event);
        let bound = |pressed| self.held(mode, view).find(|bound| bound.keys.contains(&pressed));
        // Beside a named key shift counts only where it is asked for.
        let found = bound((code, held)).or_else(|| bound((code, held - KeyModifiers::SHIFT)));
        found.map(|bound| bound.binding.command)
    }

    fn bound(&self, binding: &'static Binding) -> Bound<'_> {
        let own = self.own.iter().find(|own| own.name == binding.name);
        let (keys, written) =
            own.map_or((binding.keys, binding.written), |own| (own.keys.as_slice(), &own.written));
        Bound { binding, keys, written }
    }

    fn check(&self) -> Result<(), KeymapError> {
        let modes = [Mode::Live, Mode::Replay];
        for (mode, view) in modes.iter().flat_map(|mode| View::ALL.map(|view| (*mode, view))) {
            let mut seen: BTreeMap<String, &'static str> = BTreeMap::new();
            for bound in self.held(mode, view) {
                let second = bound.binding.name;
                for key in bound.keys {
                    if let Some(first) = seen.insert(write(*key), second) {
                        return Err(KeymapError::Conflict { key: write(*key), first, second });
                    }
                }
            }
        }
        Ok(())
    }
}

fn own(name: &str, keys: &[String]) -> Result<Own, KeymapError> {
    let binding = KEYMAP.iter().find(|binding| binding.name == name).ok_or_else(|| {
        let nearest = nearest(name, KEYMAP.iter().map(|binding| binding.name));
        KeymapError::Command { name: name.to_owned(), nearest }
    })?;
    if binding.command == Command::Interrupt {
        return Err(KeymapError::Fixed(binding.name));
    }
    let read = |key: &String| {
        parse(key).ok_or_else(|| KeymapError::Key { name: binding.name, key: key.clone() })
    };
    let keys = keys.iter().map(read).collect::<Result<Vec<Key>, _>>()?;
    let sent = keys.iter().find_map(|key| Some((write(*key), sent_for(*key)?)));
    if let Some((key, sent)) = sent {
        return Err(KeymapError::Sent { name: binding.name, key, sent });
    }
    let written = keys.iter().map(|key| write(*key)).collect::<Vec<_>>().join(", ");
    Ok(Own { name: binding.name, keys, written })
}

/// What a terminal sends instead: these control characters are keys of their own.
fn sent_for((code, modifiers): Key) -> Option<&'static str> {
    match code {
        _ if modifiers != KeyModifiers::CONTROL => None,
        KeyCode::Char('i') => Some("Tab"),
        KeyCode::Char('m') => Some("Enter"),
        KeyCode::Char('[') => Some("Esc"),
        _ => None,
    }
}

/// A key by its name; a character is itself, in its own case.
fn parse(text: &str) -> Option<Key> {
    let mut characters = text.chars();
    if let (Some(c), None) = (characters.next(), characters.next()) {
        return Some((KeyCode::Char(c), KeyModifiers::NONE));
    }
    let name = text.to_ascii_lowercase().replace("pgdn", "pagedown").replace("pgup", "pageup");
    let combination = crokey::parse(&name).ok()?;
    let OneToThree::One(code) = combination.codes else { return None };
    Some(key_of(KeyEvent::new(code, combination.modifiers)))
}

fn write((code, modifiers): Key) -> String {
    match code {
        KeyCode::Char(c) if modifiers.is_empty() && c != ' ' => c.to_string(),
        KeyCode::Char(c) if modifiers == KeyModifiers::CONTROL && c != ' ' => {
            format!("Ctrl-{}", c.to_ascii_uppercase())
        }
        KeyCode::PageDown if modifiers.is_empty() => "PgDn".into(),
        KeyCode::PageUp if modifiers.is_empty() => "PgUp".into(),
        _ => KeyCombinationFormat::default().to_string(KeyEvent::new(code, modifiers)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(pairs: &[(&str, &[&str])]) -> Result<Keymap, String> {
        let own = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect();
        let map = pairs.iter().map(|(name, keys)| ((*name).to_owned(), own(keys))).collect();
        Keymap::new(&map).map_err(|error| error.to_string())
    }

    fn pressed(keymap: &Keymap, code: KeyCode, held: KeyModifiers) -> Option<Command> {
        keymap.command(KeyEvent::new(code, held), Mode::Live, View::Live)
    }

    #[test]
    fn a_command_has_the_keys_that_the_user_gave_it_and_no_other() {
        let keymap = wanted(&[("snapshot", &["F5", "ctrl-s"]), ("last", &["E"])]).expect("right");
        let (none, ctrl) = (KeyModifiers::NONE, KeyModifiers::CONTROL);
        assert_eq!(pressed(&keymap, KeyCode::F(5), none), Some(Command::Snapshot));
        assert_eq!(pressed(&keymap, KeyCode::Char('s'), ctrl), Some(Command::Snapshot));
        assert_eq!(pressed(&keymap, KeyCode::Char('s'), none), None);
        assert_eq!(pressed(&keymap, KeyCode::Char('E'), KeyModifiers::SHIFT), Some(Command::Last));
        assert_eq!(pressed(&keymap, KeyCode::Char('q'), none), Some(Command::Quit));
        let written: Vec<_> = keymap.all().map(|bound| bound.written.to_owned()).collect();
        assert!(written.contains(&"F5, Ctrl-S".to_owned()), "{written:?}");
    }

    #[test]
    fn keys_can_be_taken_away_and_exchanged() {
        let keymap = wanted(&[("note", &["f"]), ("factors", &["n"]), ("mouse", &[])]);
        let keymap = keymap.expect("right");
        assert_eq!(pressed(&keymap, KeyCode::Char('f'), KeyModifiers::NONE), Some(Command::Note));
        assert_eq!(pressed(&keymap, KeyCode::Char('m'), KeyModifiers::NONE), None);
    }

    #[test]
    fn one_key_may_mean_two_things_only_where_they_never_meet() {
        assert!(wanted(&[("runs", &["F2"]), ("expand", &["F2"])]).is_ok(), "Trials and Live");
        let error = wanted(&[("snapshot", &["n"])]).expect_err("note has it");
        assert!(error.contains("n is the key of both") && error.contains("`note`"), "{error}");
    }

    #[test]
    fn what_is_unknown_is_named_with_what_may_be_meant() {
        for (name, key, said) in [
            ("snapshto", "F5", "do you mean `snapshot`?"),
            ("snapshot", "F55", "there is no key `F55`"),
            ("undo", "Ctrl-I", "for Ctrl-I terminals send Tab"),
            ("undo", "ctrl-m", "terminals send Enter"),
            ("snapshot", "a-b", "there is no key `a-b`"),
            ("snapshot", "", "there is no key ``"),
            ("leave", "F5", "cannot be changed"),
        ] {
            let error = wanted(&[(name, &[key])]).expect_err("wrong");
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn every_key_of_the_table_can_be_written_in_the_configuration() {
        for key in KEYMAP.iter().flat_map(|binding| binding.keys) {
            assert_eq!(parse(&write(*key)), Some(*key));
        }
    }
}
