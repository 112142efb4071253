//! The scores of one forward pass: against plain programs, by the laws that they keep in every space, and
//! where there is hardly anything to score.

mod degenerate;
mod laws;
mod path_norms;
mod seconds;
