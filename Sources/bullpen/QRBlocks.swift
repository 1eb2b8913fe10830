/// A QR picture in a terminal: two modules one above the other in each character, dark on light.
enum QRBlocks {
  /// Light modules around the picture, without which readers do not find it (ISO/IEC 18004).
  private static let quiet = 4

  /// - Parameter rows: `1` for dark and `0` for light.
  /// - Parameter inColour: paints black on white. Otherwise the light modules are drawn, as they look right in a
  ///   terminal whose ground is dark.
  static func lines(_ rows: [String], inColour: Bool) -> [String] {
    let width = (rows.first?.count ?? 0) + 2 * quiet
    let side = String(repeating: "0", count: quiet)
    let blank = Array(repeating: String(repeating: "0", count: width), count: quiet)
    var all = (blank + rows.map { side + $0 + side } + blank).map { $0.map { $0 == "1" } }
    if !all.count.isMultiple(of: 2) { all.append(Array(repeating: false, count: width)) }
    return stride(from: 0, to: all.count, by: 2).map { row in
      let blocks = zip(all[row], all[row + 1]).map { upper, lower in
        inColour ? block(upper, lower) : block(!upper, !lower)
      }
      return inColour ? "\u{1B}[30;107m\(String(blocks))\u{1B}[0m" : String(blocks)
    }
  }

  private static func block(_ upper: Bool, _ lower: Bool) -> Character {
    switch (upper, lower) {
    case (true, true): "█"
    case (true, false): "▀"
    case (false, true): "▄"
    case (false, false): " "
    }
  }
}
