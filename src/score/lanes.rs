//! Vectors of doubles whose lanes belong to different matrices. The compiler turns their loops into the
//! instructions that the function around them enables.

/// Lanes of a vector.
pub const WIDTH: usize = 8;

/// A double for each lane.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub struct Lanes(pub [f64; WIDTH]);

/// Some of the lanes.
#[derive(Clone, Copy, Debug)]
pub struct Mask(pub [bool; WIDTH]);

impl Lanes {
    pub const ZERO: Self = Self::all(0.0);
    pub const HALF: Self = Self::all(0.5);
    pub const ONE: Self = Self::all(1.0);

    /// The same in every lane.
    #[inline(always)]
    pub const fn all(value: f64) -> Self {
        Self([value; WIDTH])
    }

    /// From [`WIDTH`] values.
    #[inline(always)]
    pub fn of(values: &[f64]) -> Self {
        let mut own = Self::ZERO;
        own.0.copy_from_slice(values);
        own
    }

    #[inline(always)]
    pub fn map(self, of: impl Fn(f64) -> f64) -> Self {
        Self(self.0.map(of))
    }

    #[inline(always)]
    pub fn zip(self, other: Self, of: impl Fn(f64, f64) -> f64) -> Self {
        Self(std::array::from_fn(|lane| of(self.0[lane], other.0[lane])))
    }

    /// These lanes where the mask holds, the other's elsewhere.
    #[inline(always)]
    pub fn or(self, mask: Mask, other: Self) -> Self {
        Self(std::array::from_fn(|lane| if mask.0[lane] { self.0[lane] } else { other.0[lane] }))
    }

    #[inline(always)]
    pub fn test(self, of: impl Fn(f64) -> bool) -> Mask {
        Mask(self.0.map(of))
    }

    #[inline(always)]
    pub fn compare(self, other: Self, of: impl Fn(f64, f64) -> bool) -> Mask {
        Mask(std::array::from_fn(|lane| of(self.0[lane], other.0[lane])))
    }
}

impl Mask {
    #[inline(always)]
    pub fn any(self) -> bool {
        self.0.iter().fold(false, |any, own| any | own)
    }

    #[inline(always)]
    pub fn and(self, other: Self) -> Self {
        Self(std::array::from_fn(|lane| self.0[lane] & other.0[lane]))
    }

    #[inline(always)]
    pub fn and_not(self, other: Self) -> Self {
        Self(std::array::from_fn(|lane| self.0[lane] & !other.0[lane]))
    }

    #[inline(always)]
    pub fn union(self, other: Self) -> Self {
        Self(std::array::from_fn(|lane| self.0[lane] | other.0[lane]))
    }
}

macro_rules! lane_operators {
    ($($operator:ident $method:ident $symbol:tt;)*) => {
        $(impl std::ops::$operator for Lanes {
            type Output = Self;

            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                self.zip(other, |a, b| a $symbol b)
            }
        })*
    };
}

lane_operators! {
    Add add +;
    Sub sub -;
    Mul mul *;
    Div div /;
}
