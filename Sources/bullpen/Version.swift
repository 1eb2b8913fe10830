/// What `bullpen --version` says. The newest entry of `debian/changelog` has the same number; a test holds them together.
let version = "0.1.0"
