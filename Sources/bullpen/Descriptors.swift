import Glibc

/// Open files and sockets of this process.
enum Descriptors {
  /// As many as the system lets a person have: a login's usual bound of 1,024 is fewer than the views and peers that a
  /// node serves.
  static func allowAll() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
