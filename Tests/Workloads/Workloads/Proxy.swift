// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Uring

extension World {
  /// Clients talk to an echo server through a proxy.
  func runProxy() async {
    var numbers = scenario.numbers
    let gives = numbers.chance(60)
    let width = numbers.within(1...6)
    let style = numbers.pick([AcceptStyle.serving, .accepting])
    await withEcho(numbers.pick(EchoStyle.allCases), leg: 1, &numbers) { origin, numbers in
      var rest = numbers
      await withServer(style) { endpoint in
        await self.forward(endpoint, to: origin, gives: gives)
      } _: { address in
        await crowd(width, &rest) { numbers in await self.exchange(with: address, &numbers) }
      }
    }
  }

  /// The proxy's side: connects to the origin, and forwards both directions.
  private func forward(_ near: Endpoint, to origin: SocketAddress, gives: Bool) async {
    guard let name = await near.receiveName() else { return }
    let leg = Leg(connection: connectionName(in: name), number: 1)
    guard let far = await Endpoint.connect(to: origin, in: self, leg: leg) else {
      return near.giveUp()
    }
    guard await far.forward(name) else { return giveUp(far, near) }
    async let upward: Void = pump(from: near, to: far, gives: gives)
    await pump(from: far, to: near, gives: gives)
    await upward
    near.announceClose()
    await far.close()
  }

  /// Forwards one direction to its end, and then ends it.
  private func pump(from source: Endpoint, to target: Endpoint, gives: Bool) async {
    while let chunk = await source.receive() {
      guard await pass(chunk, to: target, gives: gives) else { return giveUp(source, target) }
    }
    guard source.inbound?.hasReceivedAll ?? false, await target.finish() else {
      return giveUp(source, target)
    }
  }

  private func pass(
    _ chunk: consuming BufferLease, to target: Endpoint, gives: Bool
  ) async -> Bool {
    if gives { return await target.forward(chunk) }
    return await target.forward(chunk.bytes)
  }

  private func giveUp(_ source: Endpoint, _ target: Endpoint) {
    target.giveUp()
    source.giveUp()
  }
}
