//! GFLOP/s of the native convolutions next to the `gemm` crate.
use std::time::Instant;
use untrained::backend::cpu::ops::conv::*;
use untrained::backend::cpu::simd::Isa;

fn gemm_rate() -> f64 {
    let n = 1024;
    let a = vec![1.0f32; n * n];
    let b = vec![1.0f32; n * n];
    let mut c = vec![0.0f32; n * n];
    let mut best = f64::MAX;
    for _ in 0..12 {
        let t = Instant::now();
        unsafe {
            gemm::gemm(
                n,
                n,
                n,
                c.as_mut_ptr(),
                n as isize,
                1,
                false,
                a.as_ptr(),
                n as isize,
                1,
                b.as_ptr(),
                n as isize,
                1,
                0.0,
                1.0f32,
                false,
                false,
                false,
                gemm::Parallelism::Rayon(2),
            );
        }
        best = best.min(t.elapsed().as_secs_f64());
    }
    2.0 * (n as f64).powi(3) / best / 1e9
}
struct P<T>(T);
unsafe impl<T> Sync for P<T> {}
unsafe impl<T> Send for P<T> {}
fn conv_rate(isa: Isa, c: usize, hw: usize, k: usize, oc: usize, maxg: usize) -> f64 {
    let n = 128;
    let pad = k / 2;
    let wp = hw + 2 * pad;
    let cb = c.div_ceil(16);
    let ob = oc / 16;
    let src = vec![0.5f32; 2 * cb * wp * wp * 16];
    let w = vec![0.01f32; ob * 16 * c * k * k];
    let mut dst = vec![0.0f32; n * ob * hw * hw * 16];
    let mut sums = vec![0.0f64; n * ob * 32];
    let mut groups = vec![];
    let mut f = 0;
    let mut off = 0;
    while f < ob {
        let g = if (ob - f) == 4 && maxg == 3 { 2 } else { (ob - f).min(maxg) };
        groups.push(BlockGroup { first: f, count: g, channels: (0, c), weights: off });
        off += g * 16 * c * k * k;
        f += g;
    }
    let sp = P(src.as_ptr());
    let dp = P(dst.as_mut_ptr());
    let sm = P(sums.as_mut_ptr());
    let mut best = f64::MAX;
    for _ in 0..10 {
        let t = Instant::now();
        let next = std::sync::atomic::AtomicUsize::new(0);
        rayon::broadcast(|ctx| {
            let sp = &sp;
            let dp = &dp;
            let sm = &sm;
            loop {
                let i = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                if i >= n {
                    break;
                }
                let blocks: Vec<OutBlock> = (0..ob)
                    .map(|b| unsafe {
                        OutBlock {
                            dst: dp.0.add((i * ob + b) * hw * hw * 16),
                            row: hw * 16,
                            sums: sm.0.add((i * ob + b) * 32),
                            bias: std::ptr::null(),
                        }
                    })
                    .collect();
                let task = ConvTask {
                    src: unsafe { sp.0.add(ctx.index() * cb * wp * wp * 16) },
                    src_row: wp * 16,
                    src_block: wp * wp * 16,
                    kernel: [k, k],
                    stride: [1, 1],
                    dilation: [1, 1],
                    out: [hw, hw],
                    weights: &w,
                    groups: &groups,
                    blocks: &blocks,
                };
                unsafe { conv(isa, &task) };
            }
        });
        best = best.min(t.elapsed().as_secs_f64());
    }
    2.0 * (n * hw * hw * k * k * c * oc) as f64 / best / 1e9
}
fn main() {
    for _ in 0..2 {
        println!("gemm {:.0}", gemm_rate());
        for isa in Isa::available() {
            for (c, hw) in [(16, 32), (32, 16), (64, 8)] {
                for k in [3, 1] {
                    for mult in [1, 2, 3] {
                        for maxg in [1, 2, 3] {
                            print!(
                                "{} c{c} hw{hw} k{k} oc{} g{maxg}: {:.0}  ",
                                isa.name(),
                                c * mult,
                                conv_rate(isa, c, hw, k, c * mult, maxg)
                            );
                        }
                    }
                    println!();
                }
            }
            if isa != Isa::Avx512 {
                break;
            }
        }
    }
}
