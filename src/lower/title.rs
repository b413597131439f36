//! What results are called.

use std::fmt;

use crate::shape::Name;

/// What a result is called: words, and the names of variables among them, such as gradient_ and W. Names are kept apart from words so
/// that a target calls the variable the same everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Title {
    /// In order.
    pub parts: Vec<Part>,
}

/// A part of a title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A word, with the underscores around it.
    Word(Name),
    /// A variable's name as the user wrote it.
    Variable(Name),
}

impl Title {
    /// The title with a word at its end.
    #[must_use]
    pub fn word(mut self, word: &str) -> Self {
        self.parts.push(Part::Word(word.into()));
        self
    }

    /// The title with a variable at its end.
    #[must_use]
    pub fn variable(mut self, name: &str) -> Self {
        self.parts.push(Part::Variable(name.into()));
        self
    }
}

impl From<&str> for Title {
    fn from(word: &str) -> Self {
        Self::default().word(word)
    }
}

impl fmt::Display for Title {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Word(text) | Part::Variable(text) => f.write_str(text),
        })
    }
}
