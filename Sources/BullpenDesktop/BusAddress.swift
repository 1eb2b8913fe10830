import Glibc

/// Where this account's buses listen. libdbus would start a session bus where it finds none, so it is not asked.
enum BusAddress {
  static func session() -> String? {
    if let named = variable("DBUS_SESSION_BUS_ADDRESS") { return named.contains("autolaunch:") ? nil : named }
    let folders = [variable("XDG_RUNTIME_DIR"), "/run/user/\(getuid())"]
    return folders.compactMap { $0.map { $0 + "/bus" } }.first(where: isSocket).map { "unix:path=" + $0 }
  }

  static func system() -> String? {
    if let named = variable("DBUS_SYSTEM_BUS_ADDRESS") { return named }
    return ["/run/dbus/system_bus_socket", "/var/run/dbus/system_bus_socket"].first(where: isSocket)
      .map { "unix:path=" + $0 }
  }

  private static func variable(_ name: String) -> String? {
    guard let text = getenv(name).map({ String(cString: $0) }), !text.isEmpty else { return nil }
    return text
  }

  private static func isSocket(_ path: String) -> Bool {
    var information = stat()
    return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFSOCK
  }
}
