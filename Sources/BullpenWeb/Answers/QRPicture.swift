import CQREncode

/// A QR code (ISO/IEC 18004) by Debian's libqrencode, as modules: who shows it draws them.
enum QRPicture {
  /// Rows from top to bottom, each a text of `1` for a dark module and `0` for a light one, without the quiet zone of
  /// four modules that belongs around it. With the error correction M, which reads with 15 % of it dirty. Nil for a
  /// text that is too long: 2,331 bytes, or 3,391 capital letters and digits, are possible.
  static func rows(of text: String) -> [String]? {
    guard !text.isEmpty, !text.utf8.contains(0),
      let code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1)
    else { return nil }
    defer { QRcode_free(code) }
    let width = Int(code.pointee.width)
    guard let modules = code.pointee.data else { return nil }
    return (0..<width).map { row in
      String((0..<width).map { column in modules[row * width + column] & 1 == 1 ? "1" : "0" })
    }
  }
}
