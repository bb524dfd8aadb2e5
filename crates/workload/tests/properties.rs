//! Properties of the shell over many made-up scripts: it never panics, it always comes back, and layout means
//! nothing.

use lifepod_api::SimTime;
use lifepod_workload::{ContainerConfig, Happened, Sandbox, SandboxConfig};

/// A small generator; a failure prints its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }
}

fn run(image: &str, shell: &str, script: &str, seconds: u64) -> Vec<Happened> {
    let mut pod = Sandbox::new(SandboxConfig::default());
    let command = [shell, "-c", script].map(String::from).to_vec();
    let config = ContainerConfig { image: image.into(), command, ..ContainerConfig::default() };
    if pod.start(SimTime::ZERO, config).is_err() {
        return Vec::new();
    }
    pod.advance(SimTime::from_secs(seconds))
}

#[test]
fn any_text_is_read_to_an_end() {
    let pieces = [
        "echo",
        "a",
        "'",
        "\"",
        "$",
        "${",
        "}",
        "$(",
        ")",
        "((",
        "`",
        "|",
        "&",
        "&&",
        ";",
        ";;",
        "\n",
        "<",
        "<<",
        ">",
        "E",
        "if",
        "then",
        "fi",
        "while",
        "do",
        "done",
        "case",
        "in",
        "esac",
        "for",
        "x",
        "=",
        "{",
        "\\",
        "*",
        "[",
        "]",
        "!",
        "#",
        "%",
        "/",
        ":",
        "-",
        "1",
        "~",
        "é",
        "sed s/a/b/",
        "awk '{",
        "grep -E",
        "expr",
        "trap",
        "exit",
        "sleep 1",
        "(",
        "set -e",
        "read x",
        "wait",
        "kill",
        "printf %",
        "test",
        "$((",
        "))",
    ];
    for seed in 0..1_500 {
        let mut random = Random(seed);
        let mut text = String::new();
        for _ in 0..1 + random.below(25) {
            text.push_str(random.pick(&pieces));
            if random.below(3) > 0 {
                text.push(' ');
            }
        }
        let (image, shell) = [("busybox", "sh"), ("debian", "sh"), ("debian", "bash")][random.below(3)];
        run(image, shell, &text, 30);
    }
}

#[test]
fn deep_nesting_is_an_error_and_no_crash() {
    for (open, close) in
        [("(", ")"), ("$(", ")"), ("{ ", "; }"), ("${a:-", "}"), ("$((1+(", "))"), ("if true; then ", "; fi")]
    {
        let script = open.repeat(10_000) + "echo" + &close.repeat(10_000);
        run("debian", "bash", &script, 5);
        run("busybox", "sh", &script, 5);
    }
    run("busybox", "sh", "f() { f; }; f", 5);
    run("busybox", "sh", "f() { f | f & }; f", 5);
    run("busybox", "sh", "yes > /tmp/x; echo done", 5);
}

#[test]
fn a_script_and_its_formatted_twin_do_the_same() {
    let simple = [
        "echo a",
        "x=1",
        "sleep 0.5",
        "false",
        "true",
        "echo $x",
        "echo \"$x b\"",
        "x=$(echo c)",
        "test -n \"$x\"",
    ];
    for seed in 0..300 {
        let mut random = Random(seed);
        let mut compact = String::new();
        let mut spread = String::new();
        for _ in 0..1 + random.below(6) {
            let (a, b, c) = (random.pick(&simple), random.pick(&simple), random.pick(&simple));
            match random.below(4) {
                0 => {
                    compact.push_str(&format!("if {a}; then {b}; else {c}; fi;"));
                    spread.push_str(&format!("if {a}\nthen # yes\n  {b}\nelse\n  {c}\nfi\n"));
                }
                1 => {
                    compact.push_str(&format!("for i in 1 2; do {a}; {b}; done;"));
                    spread.push_str(&format!("for i in 1 2\ndo\n\t{a}\n\t{b}\ndone\n"));
                }
                2 => {
                    compact.push_str(&format!("{a}&&{b}||{c};"));
                    spread.push_str(&format!("{a} &&\n  {b} ||\n\n  {c}\n"));
                }
                _ => {
                    compact.push_str(&format!("({a};{b})|cat;"));
                    spread.push_str(&format!("(\n{a}\n{b}\n) \\\n | cat\n"));
                }
            }
        }
        compact.push_str("exit $?\n");
        spread.push_str("exit $?\n");
        let (one, two) = (run("busybox", "sh", &compact, 100), run("busybox", "sh", &spread, 100));
        assert_eq!(one, two, "seed {seed}:\n{compact}\n---\n{spread}");
    }
}
