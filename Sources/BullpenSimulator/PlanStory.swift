import BullpenCore

extension FaultPlan {
  /// The plan as a story, a line for each thing that happens.
  public var story: [String] {
    let names = (0..<nodes).map { Names.name($0, of: nodes) }
    var lines = [
      "The office: \(names.joined(separator: ", ")). \(names[0]) founded it, and \(names[nodes - 1]) is hers."
    ]
    let weather = [
      loss > 0 ? "\(loss)‰ of datagrams are lost" : nil, duplicates > 0 ? "\(duplicates)‰ come twice" : nil,
      late > 0 ? "\(late)‰ come late" : nil, together > 1 ? "up to \(together) messages are stored together" : nil,
      diskFailures > 0 ? "\(diskFailures)‰ of writes fail" : nil,
    ]
    lines.append("Latency \(latency) ms, disks \(diskDelay) ms" + weather.compactMap { $0 }.map { ", \($0)" }.joined())
    for (node, skew) in skews.enumerated() where skew != 0 {
      lines.append("\(names[node])'s clock is \(abs(skew)) ms \(skew > 0 ? "ahead" : "behind").")
    }
    for node in older.sorted() { lines.append("\(names[node]) has an older version.") }
    let happenings =
      faults.map { (at: $0.at, words: $0.fault.words(names)) } + deeds.map { (at: $0.at, words: $0.words(names)) }
    for (_, (at, words)) in happenings.enumerated().sorted(by: {
      ($0.element.at, $0.offset) < ($1.element.at, $1.offset)
    }) {
      lines.append("\(String(repeating: " ", count: max(0, 6 - "\(at)".count)))\(at) ms  \(words)")
    }
    return lines + ["Then everything is mended, and the office comes to rest."]
  }
}

extension FaultPlan.Fault {
  func words(_ names: [String]) -> String {
    switch self {
    case .split(let side):
      "the network falls apart: \(side.isEmpty ? "nobody" : side.map { names[$0] }.joined(separator: ", ")) on one side"
    case .unplug(let node): "\(names[node])'s cable is out"
    case .heal: "all cables are in"
    case .crash(let node): "\(names[node]) crashes"
    case .start(let node): "\(names[node]) starts"
    case .stop(let node): "\(names[node]) stops"
    case .suspend(let node): "\(names[node]) goes to sleep"
    case .wake(let node): "\(names[node]) wakes"
    case .cut(let a, let b): "the connections between \(names[a]) and \(names[b]) break"
    case .setClock(let node, let ahead):
      "\(names[node])'s clock is set \(abs(ahead)) ms \(ahead < 0 ? "behind" : "ahead of") the true time"
    case .takeImage(let node): "an image of \(names[node])'s disk is taken"
    case .putBack(let node): "\(names[node])'s disk is put back as it was"
    case .backUp(let node): "a backup of \(names[node])'s home is taken"
    case .restore(let node): "\(names[node])'s home is restored from its backup"
    case .forge(let node, let victim): "\(names[node]) writes in \(names[victim])'s name"
    case .fill(let node): "\(names[node])'s disk takes nothing more"
    case .clear(let node): "\(names[node])'s disk has room again"
    case .flood(let node, let writes): "a program at \(names[node])'s writes \(writes) activities at one moment"
    case .damage(let node, let luck): "\(names[node])'s database is spoilt: \(Spoiling(luck: luck).words)"
    case .mend(let node): "\(names[node])'s database is rebuilt"
    case .copy(let node): "\(names[node])'s home is copied to a second machine"
    case .endCopy(let node): "\(names[node])'s second machine ends"
    case .withhold(let node): "\(names[node]) begins to keep back what it announces"
    case .boast(let node, let more): "\(names[node]) begins to claim \(more) entries more than there are"
    case .hollow(let node): "\(names[node]) begins to send entries without what they say"
    case .garble(let node): "\(names[node]) begins to send what nobody has signed"
    case .beHonest(let node): "\(names[node]) is honest again"
    case .upgrade(let node): "\(names[node]) gets the newest version"
    case .invite(let guests, let node, let uses, let lifetime):
      "\(names[node]) invites \(guests.map { names[$0] }.joined(separator: " and ")), for \(uses) to come within "
        + "\(lifetime) ms, if they may"
    case .arrive(let node): "\(names[node]) comes with an invite, and is let in if they are not yet"
    case .link(let node, let person):
      "\(names[node]) is brought as a further laptop of \(names[person])'s, and is let in if it is not yet"
    case .holiday(let days): "the office is closed for \(days) days"
    case .slow(let node, let bytes): "\(names[node])'s line gets poor, and carries \(bytes) bytes a millisecond"
    case .quick(let node): "\(names[node])'s line is good again"
    case .equivocate(let node, _): "\(names[node]) shows one history to some and another to others"
    case .defy(let node): "\(names[node]) will not heed it when it is taken out"
    case .foretell(let node, let ahead): "\(names[node]) dates what it writes \(ahead) ms ahead"
    case .move(let node, _): "\(names[node]) puts what somebody else has sealed into another place"
    case .replay(let node): "\(names[node]) begins to send again what was sent before"
    case .backdate(let node, _): "\(names[node]) states what they may not, as of long ago"
    case .useUp(let node): "\(names[node]) has used up the times of a millisecond, and everybody writes on"
    }
  }
}

extension Deed {
  func words(_ names: [String]) -> String {
    let who = names[node]
    return switch kind {
    case .notify(let count): "\(who) notifies \(count)"
    case .post: "\(who) posts an activity"
    case .pour(let count): "\(who) posts \(count) long activities at once"
    case .share: "\(who) shows a notification to one more"
    case .withdraw: "\(who) takes an activity back"
    case .mark: "\(who) marks a notification"
    case .rename: "\(who) takes another name"
    case .twins: "both of \(names[0])'s machines set one setting"
    case .show(let status): "\(who) is \(status.name)"
    case .say: "\(who) says what they are at"
    case .join(let room): "\(who) enters \(room.name)"
    case .point(let room): "\(who) points at a line in \(room.name)"
    case .give(let role, let other): "\(who) makes \(names[other]) \(role)"
    case .name(let other): "\(who) names \(names[other]) as successor"
    case .takeOver: "\(who) takes the office over, if they may"
    case .remove(let other): "\(who) takes \(names[other]) out, if they may"
    case .decide: "\(who) decides anew who sees what of them"
    case .changeTeam(let other): "\(who) puts \(names[other]) into a team or takes them out, if they may"
    case .setDefault(let level): "\(who) makes \(level.rawValue) the usual visibility, if they may"
    case .type(let room): "\(who) types in \(room.name)"
    case .void: "\(who) voids a change that waits, if there is one and they may"
    }
  }
}
