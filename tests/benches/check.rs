//! How fast a text is judged: from its characters to everything that the API server and the lints say of it.
//!
//! What the same takes in the browser is measured by `cargo xtask measure`, on the same texts.

use divan::{Bencher, black_box};
use lifepod_manifest::{CheckOptions, check};

fn main() {
    divan::main();
}

/// A Service and a Deployment with all that is usual: 100 lines.
const SHOP: &str = include_str!("../manifests/shop.yaml");

/// What is judged at every keystroke in a manifest of the usual size.
#[divan::bench]
fn hundred_lines(bencher: Bencher) {
    bencher.bench_local(|| check(black_box(SHOP), &CheckOptions::default()));
}

/// The same fifty times under different names: a whole platform in one file.
#[divan::bench]
fn five_thousand_lines(bencher: Bencher) {
    let one = |number: usize| SHOP.replace("name: shop\n", &format!("name: shop-{number}\n"));
    let text: String = (0..50).map(one).collect::<Vec<_>>().join("---\n");
    bencher.bench_local(|| check(black_box(&text), &CheckOptions::default()));
}
