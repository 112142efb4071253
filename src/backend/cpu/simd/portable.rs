//! Plain arrays, for processors without specialised kernels.

use super::{LANES, Simd};

/// Marker for what the compiler makes of plain arrays.
#[derive(Clone, Copy)]
pub struct Portable;

#[inline(always)]
fn zip(a: [f32; LANES], b: [f32; LANES], f: impl Fn(f32, f32) -> f32) -> [f32; LANES] {
    std::array::from_fn(|lane| f(a[lane], b[lane]))
}

// SAFETY: no special instructions; pointers are the caller's promise.
unsafe impl Simd for Portable {
    type V = [f32; LANES];

    const TILE_PIXELS: [usize; 3] =
        if cfg!(target_arch = "aarch64") { [4, 0, 0] } else { [2, 0, 0] };

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self::V {
        [value; LANES]
    }

    #[inline(always)]
    unsafe fn load(source: *const f32) -> Self::V {
        // SAFETY: the pointer is valid for 16 values.
        unsafe { source.cast::<Self::V>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn store(target: *mut f32, vector: Self::V) {
        // SAFETY: the pointer is valid for 16 values.
        unsafe { target.cast::<Self::V>().write_unaligned(vector) }
    }

    #[inline(always)]
    unsafe fn stream(target: *mut f32, vector: Self::V) {
        // SAFETY: the pointer is valid for 16 values.
        unsafe { Self::store(target, vector) }
    }

    #[inline(always)]
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V {
        zip(a, b, |a, b| a + b)
    }

    #[inline(always)]
    unsafe fn mul(a: Self::V, b: Self::V) -> Self::V {
        zip(a, b, |a, b| a * b)
    }

    #[inline(always)]
    unsafe fn div(a: Self::V, b: Self::V) -> Self::V {
        zip(a, b, |a, b| a / b)
    }

    #[inline(always)]
    unsafe fn max(a: Self::V, b: Self::V) -> Self::V {
        zip(a, b, f32::max)
    }

    #[inline(always)]
    unsafe fn min(a: Self::V, b: Self::V) -> Self::V {
        zip(a, b, f32::min)
    }

    #[inline(always)]
    unsafe fn power_of_two(n: Self::V) -> Self::V {
        n.map(|n| f32::from_bits(((n as i32 + 127) as u32) << 23))
    }

    /// Fused only where the target has the instruction; two roundings elsewhere.
    #[inline(always)]
    unsafe fn mul_add(a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        std::array::from_fn(|lane| {
            if cfg!(any(target_feature = "fma", target_arch = "aarch64")) {
                a[lane].mul_add(b[lane], c[lane])
            } else {
                a[lane] * b[lane] + c[lane]
            }
        })
    }

    #[inline(always)]
    unsafe fn above_zero(vector: Self::V) -> u16 {
        (0..LANES).fold(0, |bits, lane| bits | u16::from(vector[lane] > 0.0) << lane)
    }

    #[inline(always)]
    unsafe fn add_to_doubles(target: *mut f64, vector: Self::V) {
        for (lane, value) in vector.into_iter().enumerate() {
            // SAFETY: the pointer is valid for 16 values.
            unsafe { *target.add(lane) += f64::from(value) };
        }
    }
}
