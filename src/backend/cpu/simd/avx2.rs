//! AVX2 with FMA: two registers per vector.

use std::arch::x86_64::*;

use super::Simd;

/// Marker for AVX2 and FMA.
#[derive(Clone, Copy)]
pub struct Avx2;

// SAFETY: every method is a few instructions of the set; pointers are the caller's promise.
unsafe impl Simd for Avx2 {
    type V = [__m256; 2];

    const TILE_PIXELS: [usize; 3] = [4, 0, 0];

    #[inline(always)]
    unsafe fn splat(value: f32) -> [__m256; 2] {
        // SAFETY: the processor has these instructions.
        unsafe { [_mm256_set1_ps(value); 2] }
    }

    #[inline(always)]
    unsafe fn load(source: *const f32) -> [__m256; 2] {
        // SAFETY: the processor has these instructions, and the pointer is valid for 16 values.
        unsafe { [_mm256_loadu_ps(source), _mm256_loadu_ps(source.add(8))] }
    }

    #[inline(always)]
    unsafe fn store(target: *mut f32, vector: [__m256; 2]) {
        // SAFETY: the processor has these instructions, and the pointer is valid for 16 values.
        unsafe {
            _mm256_storeu_ps(target, vector[0]);
            _mm256_storeu_ps(target.add(8), vector[1]);
        }
    }

    #[inline(always)]
    unsafe fn stream(target: *mut f32, vector: [__m256; 2]) {
        // SAFETY: the processor has these instructions, and the pointer is valid for 16 values.
        unsafe {
            _mm256_stream_ps(target, vector[0]);
            _mm256_stream_ps(target.add(8), vector[1]);
        }
    }

    #[inline(always)]
    unsafe fn add(a: [__m256; 2], b: [__m256; 2]) -> [__m256; 2] {
        // SAFETY: the processor has these instructions.
        unsafe { [_mm256_add_ps(a[0], b[0]), _mm256_add_ps(a[1], b[1])] }
    }

    #[inline(always)]
    unsafe fn mul(a: [__m256; 2], b: [__m256; 2]) -> [__m256; 2] {
        // SAFETY: the processor has these instructions.
        unsafe { [_mm256_mul_ps(a[0], b[0]), _mm256_mul_ps(a[1], b[1])] }
    }

    #[inline(always)]
    unsafe fn div(a: [__m256; 2], b: [__m256; 2]) -> [__m256; 2] {
        // SAFETY: the processor has these instructions.
        unsafe { [_mm256_div_ps(a[0], b[0]), _mm256_div_ps(a[1], b[1])] }
    }

    #[inline(always)]
    unsafe fn max(a: [__m256; 2], b: [__m256; 2]) -> [__m256; 2] {
        // SAFETY: the processor has these instructions.
        unsafe { [_mm256_max_ps(a[0], b[0]), _mm256_max_ps(a[1], b[1])] }
    }

    #[inline(always)]
    unsafe fn min(a: [__m256; 2], b: [__m256; 2]) -> [__m256; 2] {
        // SAFETY: the processor has these instructions.
        unsafe { [_mm256_min_ps(a[0], b[0]), _mm256_min_ps(a[1], b[1])] }
    }

    #[inline(always)]
    unsafe fn power_of_two(n: [__m256; 2]) -> [__m256; 2] {
        // SAFETY: the processor has these instructions.
        unsafe {
            n.map(|half| {
                let biased = _mm256_add_epi32(_mm256_cvtps_epi32(half), _mm256_set1_epi32(127));
                _mm256_castsi256_ps(_mm256_slli_epi32::<23>(biased))
            })
        }
    }

    #[inline(always)]
    unsafe fn mul_add(a: [__m256; 2], b: [__m256; 2], c: [__m256; 2]) -> [__m256; 2] {
        // SAFETY: the processor has these instructions.
        unsafe { [_mm256_fmadd_ps(a[0], b[0], c[0]), _mm256_fmadd_ps(a[1], b[1], c[1])] }
    }

    #[inline(always)]
    unsafe fn above_zero(vector: [__m256; 2]) -> u16 {
        // SAFETY: the processor has these instructions.
        unsafe {
            let bits = vector.map(|half| {
                let above = _mm256_cmp_ps::<_CMP_GT_OQ>(half, _mm256_setzero_ps());
                _mm256_movemask_ps(above) as u16
            });
            bits[0] | bits[1] << 8
        }
    }

    #[inline(always)]
    unsafe fn add_to_doubles(target: *mut f64, vector: [__m256; 2]) {
        // SAFETY: the processor has these instructions, and the pointer is valid for 16 values.
        unsafe {
            for (half, values) in vector.into_iter().enumerate() {
                let parts = [_mm256_castps256_ps128(values), _mm256_extractf128_ps::<1>(values)];
                for (quarter, values) in parts.into_iter().enumerate() {
                    let target = target.add(half * 8 + quarter * 4);
                    let sum = _mm256_add_pd(_mm256_loadu_pd(target), _mm256_cvtps_pd(values));
                    _mm256_storeu_pd(target, sum);
                }
            }
        }
    }
}
