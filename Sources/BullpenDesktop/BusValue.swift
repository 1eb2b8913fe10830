import CDBus

/// A value of a D-Bus message, as far as it is read here. What a variant holds stands in its place; an array, a
/// structure and an entry of a dictionary are lists.
enum BusValue {
  case flag(Bool)
  case number(UInt64)
  case text(String)
  case list([BusValue])
  /// Of a type that is not asked for.
  case other

  /// The arguments of a message, in order.
  static func arguments(of message: OpaquePointer) -> [BusValue] {
    var place = DBusMessageIter()
    return dbus_message_iter_init(message, &place) == 0 ? [] : all(at: &place)
  }

  /// libdbus has checked how deep a message goes and how long it is.
  private static func all(at place: inout DBusMessageIter) -> [BusValue] {
    var values: [BusValue] = []
    while dbus_message_iter_get_arg_type(&place) != 0 {
      values.append(one(at: &place))
      dbus_message_iter_next(&place)
    }
    return values
  }

  private static func one(at place: inout DBusMessageIter) -> BusValue {
    switch UInt8(truncatingIfNeeded: dbus_message_iter_get_arg_type(&place)) {
    case UInt8(ascii: "b"):
      var flag: dbus_bool_t = 0
      dbus_message_iter_get_basic(&place, &flag)
      return .flag(flag != 0)
    case UInt8(ascii: "u"):
      var number: UInt32 = 0
      dbus_message_iter_get_basic(&place, &number)
      return .number(UInt64(number))
    case UInt8(ascii: "t"):
      var number: UInt64 = 0
      dbus_message_iter_get_basic(&place, &number)
      return .number(number)
    case UInt8(ascii: "s"), UInt8(ascii: "o"):
      var text: UnsafePointer<CChar>?
      dbus_message_iter_get_basic(&place, &text)
      return text.map { .text(String(cString: $0)) } ?? .other
    case UInt8(ascii: "a"), UInt8(ascii: "r"), UInt8(ascii: "e"):
      return .list(inside(&place))
    case UInt8(ascii: "v"): return inside(&place).first ?? .other
    default: return .other
    }
  }

  private static func inside(_ place: inout DBusMessageIter) -> [BusValue] {
    var inner = DBusMessageIter()
    dbus_message_iter_recurse(&place, &inner)
    return all(at: &inner)
  }

  var flag: Bool? { if case .flag(let flag) = self { flag } else { nil } }
  var number: UInt64? { if case .number(let number) = self { number } else { nil } }
  var text: String? { if case .text(let text) = self { text } else { nil } }
  var list: [BusValue] { if case .list(let list) = self { list } else { [] } }

  /// A dictionary's value under a name.
  subscript(name: String) -> BusValue? {
    list.first { $0.list.first?.text == name }?.list.last
  }
}
