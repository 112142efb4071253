//! The ONNX reader on models built by hand: every operator and attribute, every error, damaged
//! files.

use crate::support;

mod activations;
mod calls;
mod damage;
mod errors;
mod external;
mod folding;
mod layers;
mod model;
mod norms;
mod shapes;
mod tokens;
mod values;
