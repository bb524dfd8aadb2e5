//! Properties of random manifests and damaged texts. A failure names its seed.

mod random;

use lifepod_api::yaml::to_yaml;
use random::{Random, claims};

#[test]
fn objects_keep_their_promises() {
    for seed in 0..400 {
        let manifest = Random::new(seed).manifest(seed % 4 == 0);
        let result = std::panic::catch_unwind(|| claims::of_object(&manifest));
        assert!(result.is_ok(), "seed {seed}: {manifest}");
    }
}

#[test]
fn findings_stay_inside_the_text() {
    for seed in 0..400 {
        let mut random = Random::new(seed);
        let text = to_yaml(&random.manifest(true));
        let damaged = random.damage(&text);
        let result = std::panic::catch_unwind(|| claims::of_text(&damaged));
        assert!(result.is_ok(), "seed {seed}: {damaged:?}");
    }
}
