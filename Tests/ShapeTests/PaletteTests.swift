import Foundation
import Testing

@Suite("The palette of the view")
struct PaletteTests {
  /// Each colour by name, by day and by night.
  static let colours: [String: [UInt32]] = {
    let text = Project.here.files(under: "Sources/BullpenWeb/View") { $0.hasSuffix("tokens.css") }.map(\.text).joined()
    let found = text.matches(of: #/--([a-z0-9-]+): light-dark\(#([0-9a-f]{6}), #([0-9a-f]{6})\)/#)
    return Dictionary(
      uniqueKeysWithValues: found.map { (String($0.1), [$0.2, $0.3].compactMap { UInt32($0, radix: 16) }) })
  }()

  /// Of WCAG 2.2: relative luminance of an sRGB colour.
  static func luminance(_ colour: UInt32) -> Double {
    func part(_ shift: UInt32) -> Double {
      let value = Double((colour >> shift) & 0xff) / 255
      return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * part(16) + 0.7152 * part(8) + 0.0722 * part(0)
  }

  static func contrast(_ one: UInt32, _ other: UInt32) -> Double {
    let (light, dark) = (max(luminance(one), luminance(other)), min(luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)
  }

  @Test("every person's hue can be read on every ground, by day and by night, and so can ink and what is quiet")
  func legible() throws {
    let writing = (0...9).map { "p\($0)" } + ["ink", "quiet", "needs-me"]
    for ground in ["paper", "sheet", "under"] {
      let grounds = try #require(Self.colours[ground])
      for name in writing {
        let colour = try #require(Self.colours[name])
        #expect(colour.count == 2 && grounds.count == 2)
        for (one, under) in zip(colour, grounds) {
          #expect(Self.contrast(one, under) >= 4.5, "\(name) on \(ground)")
        }
      }
    }
  }

  @Test("no two people's hues are one")
  func different() throws {
    for time in 0...1 { #expect(Set((0...9).compactMap { Self.colours["p\($0)"]?[time] }).count == 10) }
  }
}
