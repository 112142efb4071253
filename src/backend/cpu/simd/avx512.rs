//! AVX-512: one register per vector.

use std::arch::x86_64::*;

use super::Simd;

/// Marker for AVX-512 F, BW, DQ and VL.
#[derive(Clone, Copy)]
pub struct Avx512;

// SAFETY: every method is one or two instructions of the set; pointers are the caller's promise.
unsafe impl Simd for Avx512 {
    type V = __m512;

    const TILE_PIXELS: [usize; 3] = [16, 8, 8];

    #[inline(always)]
    unsafe fn splat(value: f32) -> __m512 {
        // SAFETY: the processor has these instructions.
        unsafe { _mm512_set1_ps(value) }
    }

    #[inline(always)]
    unsafe fn load(source: *const f32) -> __m512 {
        // SAFETY: the processor has these instructions, and the pointer is valid for 16 values.
        unsafe { _mm512_loadu_ps(source) }
    }

    #[inline(always)]
    unsafe fn store(target: *mut f32, vector: __m512) {
        // SAFETY: the processor has these instructions, and the pointer is valid for 16 values.
        unsafe { _mm512_storeu_ps(target, vector) }
    }

    #[inline(always)]
    unsafe fn stream(target: *mut f32, vector: __m512) {
        // SAFETY: the processor has these instructions, and the pointer is valid for 16 values.
        unsafe { _mm512_stream_ps(target, vector) }
    }

    #[inline(always)]
    unsafe fn add(a: __m512, b: __m512) -> __m512 {
        // SAFETY: the processor has these instructions.
        unsafe { _mm512_add_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn mul(a: __m512, b: __m512) -> __m512 {
        // SAFETY: the processor has these instructions.
        unsafe { _mm512_mul_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn div(a: __m512, b: __m512) -> __m512 {
        // SAFETY: the processor has these instructions.
        unsafe { _mm512_div_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn max(a: __m512, b: __m512) -> __m512 {
        // SAFETY: the processor has these instructions.
        unsafe { _mm512_max_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn min(a: __m512, b: __m512) -> __m512 {
        // SAFETY: the processor has these instructions.
        unsafe { _mm512_min_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn power_of_two(n: __m512) -> __m512 {
        // SAFETY: the processor has these instructions.
        unsafe {
            let biased = _mm512_add_epi32(_mm512_cvtps_epi32(n), _mm512_set1_epi32(127));
            _mm512_castsi512_ps(_mm512_slli_epi32::<23>(biased))
        }
    }

    #[inline(always)]
    unsafe fn mul_add(a: __m512, b: __m512, c: __m512) -> __m512 {
        // SAFETY: the processor has these instructions.
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    unsafe fn above_zero(vector: __m512) -> u16 {
        // SAFETY: the processor has these instructions.
        unsafe { _mm512_cmp_ps_mask::<_CMP_GT_OQ>(vector, _mm512_setzero_ps()) }
    }

    #[inline(always)]
    unsafe fn add_to_doubles(target: *mut f64, vector: __m512) {
        // SAFETY: the processor has these instructions, and the pointer is valid for 16 values.
        unsafe {
            let low = _mm512_cvtps_pd(_mm512_castps512_ps256(vector));
            let high = _mm512_cvtps_pd(_mm512_extractf32x8_ps::<1>(vector));
            _mm512_storeu_pd(target, _mm512_add_pd(_mm512_loadu_pd(target), low));
            let target = target.add(8);
            _mm512_storeu_pd(target, _mm512_add_pd(_mm512_loadu_pd(target), high));
        }
    }
}
