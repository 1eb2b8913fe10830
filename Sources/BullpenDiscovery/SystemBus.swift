import Glibc

/// Whether a system D-Bus may be there: a cheap look before libdbus is asked, which would complain each time.
enum SystemBus {
  static let usualSockets = ["/run/dbus/system_bus_socket", "/var/run/dbus/system_bus_socket"]

  static func mayAnswer() -> Bool {
    // An address of another form than a socket's path is for libdbus to try.
    if let address = getenv("DBUS_SYSTEM_BUS_ADDRESS"), address.pointee != 0 {
      let text = String(cString: address)
      guard text.hasPrefix("unix:path=") else { return true }
      return isSocket(String(text.dropFirst("unix:path=".count).prefix { $0 != "," && $0 != ";" }))
    }
    return usualSockets.contains(where: isSocket)
  }

  private static func isSocket(_ path: String) -> Bool {
    var information = stat()
    return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFSOCK
  }
}
