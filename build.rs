//! Tells Cargo that a new migration file means a new program.
fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
