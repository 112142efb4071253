//! What a search says that finds nothing to propose.

use std::fmt;

use super::constraint::Constraint;

/// No architecture that may be proposed was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Unsatisfiable {
    /// Architectures that were tried.
    pub draws: u64,
    /// Those among them that were left out because no path leads from their input to their output.
    pub disconnected: u64,
    /// Every constraint with the smallest and the largest value found; infinity and negative infinity
    /// if nothing was measured.
    pub seen: Vec<(Constraint, f64, f64)>,
    /// Why a network could not be measured, if one could not.
    pub failure: Option<String>,
}

impl std::error::Error for Unsatisfiable {}

impl fmt::Display for Unsatisfiable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { draws, disconnected, seen, failure } = self;
        if *disconnected > 0 && disconnected == draws {
            return write!(
                formatter,
                "none of {draws} architectures has a path from its input to its output"
            );
        }
        write!(formatter, "none of {draws} architectures meets the constraints; ")?;
        formatter.write_str(&seen.iter().map(range).collect::<Vec<_>>().join("; "))?;
        if *disconnected > 0 {
            write!(formatter, "; {disconnected} have no path from their input to their output")?;
        }
        match failure {
            Some(reason) => write!(formatter, "; one could not be measured: {reason}"),
            None => Ok(()),
        }
    }
}

/// What was required and what was found.
fn range((constraint, least, most): &(Constraint, f64, f64)) -> String {
    let (name, unit) = (constraint.quantity.name, constraint.quantity.unit());
    if least > most {
        return format!(
            "{constraint} was required, but {name} could not be measured for any of them"
        );
    }
    format!("{constraint} was required, but {name} ranged from {least}{unit} to {most}{unit}")
}
