/// What the people of an office are called.
enum Names {
  private static let all = [
    "ada", "bob", "eve", "dan", "mia", "joe", "kim", "lea", "max", "zoe", "amy", "ben", "cleo", "dora", "emil", "finn",
    "gus", "hal", "ida", "jan", "kai", "lou", "mel", "nell", "oli", "pam", "quin", "ron", "sue", "tom", "uma", "vic",
    "wes", "xia", "yan", "abe", "bea", "cyd", "dot", "eli", "fay", "gil", "hue", "ivo", "jo", "ken", "liv", "moe",
    "ned",
    "ora",
  ]

  /// The last of an office is the founder's second device.
  static func name(_ index: Int, of count: Int) -> String {
    guard index < count - 1 else { return "\(all[0])2" }
    let round = index / all.count
    return all[index % all.count] + (round == 0 ? "" : " the \(round + 1).")
  }
}
