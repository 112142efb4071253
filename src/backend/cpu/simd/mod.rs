//! Vectors of 16 floats on every instruction set, and the choice of one at run time.
//!
//! Kernels are written once, generic over [`Simd`] and `#[inline(always)]`; the `instruction_set_variants!` macro
//! instantiates each inside functions that enable the instruction set's target features.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;

#[cfg(target_arch = "x86_64")]
pub use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub use avx512::Avx512;
pub use portable::Portable;

/// Lanes of a vector, which is also the number of channels in a block of a tensor.
pub const LANES: usize = 16;

/// Sixteen-lane arithmetic of one instruction set.
///
/// # Safety
///
/// Methods of an implementation may only be called where the processor has its instructions, and
/// pointers must be valid for 16 values (they need not be aligned, except for [`Simd::stream`]).
#[expect(clippy::missing_safety_doc, reason = "the trait states the contract of all methods")]
pub unsafe trait Simd: Copy + Send + Sync + 'static {
    /// Sixteen floats.
    type V: Copy;

    /// The most pixels a convolution tile of 1, 2 and 3 output vectors keeps in registers; 0 where
    /// such a tile does not fit.
    const TILE_PIXELS: [usize; 3];

    /// All lanes equal.
    unsafe fn splat(value: f32) -> Self::V;
    /// Reads 16 values.
    unsafe fn load(source: *const f32) -> Self::V;
    /// Writes 16 values.
    unsafe fn store(target: *mut f32, vector: Self::V);
    /// Writes 16 values past the caches, for memory that is read much later. The target must lie on
    /// a boundary of 64 bytes; [`fence`] orders the write before what other threads see next.
    unsafe fn stream(target: *mut f32, vector: Self::V);
    /// `a + b`.
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V;
    /// `a * b`.
    unsafe fn mul(a: Self::V, b: Self::V) -> Self::V;
    /// `a / b`.
    unsafe fn div(a: Self::V, b: Self::V) -> Self::V;
    /// The larger of each lane.
    unsafe fn max(a: Self::V, b: Self::V) -> Self::V;
    /// The smaller of each lane.
    unsafe fn min(a: Self::V, b: Self::V) -> Self::V;
    /// `2^n` for whole `n` from -126 to 127; 0 for -127.
    unsafe fn power_of_two(n: Self::V) -> Self::V;
    /// `a * b + c`.
    unsafe fn mul_add(a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// Bit `l` is set where lane `l` is above zero.
    unsafe fn above_zero(vector: Self::V) -> u16;
    /// Adds the lanes to 16 doubles in memory.
    unsafe fn add_to_doubles(target: *mut f64, vector: Self::V);
}

/// Makes all [`Simd::stream`] writes of this thread visible before what it writes next.
#[inline]
pub fn fence() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 processor has the instruction.
    unsafe {
        std::arch::x86_64::_mm_sfence();
    }
}

/// An instruction set the native backend has kernels for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    /// AVX-512 (F, BW, DQ, VL), with or without VPOPCNTDQ.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// AVX2 with FMA.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// What the compiler makes of plain arrays (NEON, SSE2, ...).
    Portable,
}

impl Isa {
    /// The best set of this processor.
    pub fn detect() -> Self {
        Self::available().next().unwrap_or(Self::Portable)
    }

    /// All sets of this processor, best first.
    pub fn available() -> impl Iterator<Item = Self> {
        let mut all = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                all.push(Self::Avx2);
            }
            if is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl")
            {
                all.push(Self::Avx512);
            }
        }
        all.into_iter().rev()
    }

    /// The most output vectors a convolution tile has.
    pub fn widest_tile(self) -> usize {
        let pixels = match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => Avx512::TILE_PIXELS,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => Avx2::TILE_PIXELS,
            Self::Portable => Portable::TILE_PIXELS,
        };
        pixels.iter().rposition(|&pixels| pixels > 0).map_or(1, |widest| widest + 1)
    }

    /// Its name, as shown to people.
    pub fn name(self) -> &'static str {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => "avx512",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => "avx2",
            Self::Portable => "portable",
        }
    }
}

/// Defines `pub unsafe fn name(isa, arguments)` that runs the generic kernel `name::<S>` with the
/// instruction set `isa`.
macro_rules! instruction_set_variants {
    ($(#[$meta:meta])* $name:ident => $kernel:ident($($arg:ident: $ty:ty),* $(,)?)) => {
        $(#[$meta])*
        ///
        /// # Safety
        ///
        /// `isa` must be available on this processor, and the arguments must satisfy the kernel.
        pub unsafe fn $name(isa: $crate::backend::cpu::simd::Isa, $($arg: $ty),*) {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
            unsafe fn avx512($($arg: $ty),*) {
                // SAFETY: forwarded to the caller.
                unsafe { $kernel::<$crate::backend::cpu::simd::Avx512>($($arg),*) }
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            unsafe fn avx2($($arg: $ty),*) {
                // SAFETY: forwarded to the caller.
                unsafe { $kernel::<$crate::backend::cpu::simd::Avx2>($($arg),*) }
            }
            // SAFETY: the caller vouches for the instruction set and the arguments.
            unsafe {
                match isa {
                    #[cfg(target_arch = "x86_64")]
                    $crate::backend::cpu::simd::Isa::Avx512 => avx512($($arg),*),
                    #[cfg(target_arch = "x86_64")]
                    $crate::backend::cpu::simd::Isa::Avx2 => avx2($($arg),*),
                    $crate::backend::cpu::simd::Isa::Portable => {
                        $kernel::<$crate::backend::cpu::simd::Portable>($($arg),*)
                    }
                }
            }
        }
    };
}
pub(crate) use instruction_set_variants;
