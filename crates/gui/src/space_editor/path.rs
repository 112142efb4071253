//! Places in a space file, written as in its problems: `topology.stages[2].width`.

use std::fmt;

/// A step into a table or a list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PathStep {
    /// A key of a table.
    Key(String),
    /// An entry of a list, from 0.
    At(usize),
}

/// A place in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct KeyPath(Vec<PathStep>);

impl KeyPath {
    /// A key of the file.
    pub fn top(key: &str) -> Self {
        Self::default().key(key)
    }

    /// A key of the table at this place.
    pub fn key(&self, key: &str) -> Self {
        self.with(PathStep::Key(key.to_owned()))
    }

    /// An entry of the list at this place.
    pub fn at(&self, at: usize) -> Self {
        self.with(PathStep::At(at))
    }

    fn with(&self, step: PathStep) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// The steps from the whole file.
    pub fn steps(&self) -> &[PathStep] {
        &self.0
    }

    /// The table or list around this place, and the last step.
    pub fn split(&self) -> Option<(Self, &PathStep)> {
        let (last, way) = self.0.split_last()?;
        Some((Self(way.to_vec()), last))
    }

    /// The keys of a place with no entries of lists on the way.
    pub fn keys(&self) -> Vec<&str> {
        let steps = self.0.iter().map_while(|step| match step {
            PathStep::Key(key) => Some(key.as_str()),
            PathStep::At(_) => None,
        });
        steps.collect()
    }

    /// Whether what is written so lies at this place or in it.
    pub fn holds(&self, written: &str) -> bool {
        let rest = written.strip_prefix(&self.to_string());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                PathStep::Key(key) if at == 0 => formatter.write_str(key)?,
                PathStep::Key(key) => write!(formatter, ".{key}")?,
                PathStep::At(entry) => write!(formatter, "[{entry}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_written_as_problems_write_them() {
        let width = KeyPath::top("topology").key("stages").at(2).key("width");
        assert_eq!(width.to_string(), "topology.stages[2].width");
        let stage = width.split().unwrap().0;
        assert!(stage.holds("topology.stages[2].width") && stage.holds("topology.stages[2]"));
        assert!(!stage.holds("topology.stages[20]") && !stage.holds("topology.stages"));
        assert_eq!(width.keys(), ["topology", "stages"]);
    }
}
