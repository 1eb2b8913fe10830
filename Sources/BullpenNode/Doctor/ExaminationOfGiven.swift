import BullpenCore
import BullpenTransport

/// Addresses given by hand of which it is not known whose they are. Each is dialed once, where somebody is missed.
extension Examination {
  func tryGiven(_ sight: Sight, _ isMissed: Bool, _ tell: @escaping Progress) async -> [Symptoms.Given] {
    guard isMissed, !given.texts.isEmpty else { return [] }
    let known = Set(sight.states.flatMap(\.addresses).map(\.endpoint))
    let zones = NetworkInterfaces.names()
    var left = Limits.examinedAddresses
    var tried: [Symptoms.Given] = []
    for peer in await lookUp() where !peer.endpoints.contains(where: known.contains) {
      let endpoints = peer.endpoints.prefix(left).map { $0.named(zones) }
      left -= endpoints.count
      tried.append(Symptoms.Given(peer.text, endpoints.map { Symptoms.Address($0, [.given]) }))
    }
    let began = Clocks.now().boot
    return await withTaskGroup(of: (Int, Int, Outcome).self) { group in
      for (place, peer) in tried.enumerated() {
        for (index, address) in peer.addresses.enumerated() {
          group.addTask { (place, index, await tryStranger(at: address.endpoint, sight, tell)) }
        }
      }
      for await (place, index, outcome) in group {
        tried[place].addresses[index].outcome = outcome
        tried[place].addresses[index].facts = facts(of: tried[place].addresses[index].endpoint, outcome, since: began)
      }
      return tried
    }
  }

  /// A name server that does not answer is not waited for longer than an address.
  private func lookUp() async -> [GivenPeers.Peer] {
    let (answers, post) = AsyncStream.makeStream(of: [GivenPeers.Peer].self, bufferingPolicy: .bufferingOldest(1))
    let nowhere = given.texts.map { GivenPeers.Peer(text: $0, endpoints: []) }
    let asking = Task { post.yield(await given.resolve()) }
    let patience = Task {
      try await Task.sleep(for: .milliseconds(Limits.dialTimeout))
      post.yield(nowhere)
    }
    defer {
      asking.cancel()
      patience.cancel()
    }
    return await answers.first { _ in true } ?? nowhere
  }

  private func tryStranger(at endpoint: Endpoint, _ sight: Sight, _ tell: @escaping Progress) async -> Outcome {
    tell(.trying(endpoint, name: nil))
    let outcome: Outcome
    do throws(DialError) {
      let connection = try await sockets.dial(endpoint)
      let isHere = sight.states.contains { $0.device == connection.device && ($0.isConnected || $0.isHere) }
      if connection.device == node.own || isHere {
        connection.close()
        outcome = isHere ? .reached : .failed(.thisMachine)
      } else {
        outcome = await greet(connection)
      }
    } catch {
      outcome = .failed(JoinAttempt.Outcome(error))
    }
    tell(outcome == .reached ? .reached(endpoint, name: nil) : .failed(endpoint, outcome))
    return outcome
  }
}
