// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Synchronization
import Uring

extension World {
  /// Many connects at once; most connections end as soon as they are established.
  func runConnectStorm() async {
    var numbers = scenario.numbers
    let delay = numbers.pick([0, 0, 100, 2000])
    let width = numbers.within(4...40)
    let style = numbers.pick(AcceptStyle.allCases)
    // A listener that closes in the middle is followed by the next.
    repeat {
      let life: Int? = numbers.chance(50) ? numbers.within(50...5000) : nil
      var rest = numbers
      await withServer(style, life: life) { endpoint in
        if delay > 0 { await self.pause(microseconds: delay, on: endpoint.connection.loop) }
        await self.echo(to: endpoint, .borrowing)
      } _: { address in
        let isOver = Atomic<Bool>(false)
        let clock = task(on: group.loops[0]) { [self] in
          if let life { await self.pause(microseconds: life, on: group.loops[0]) }
          isOver.store(life != nil, ordering: .relaxed)
        }
        await crowd(width, &rest, while: { !isOver.load(ordering: .relaxed) }) { numbers in
          await self.knock(at: address, &numbers)
        }
        await clock.value
      }
      numbers = rest
    } while goesOn
  }

  /// Connects, perhaps says something, and goes away.
  private func knock(at address: SocketAddress, _ numbers: inout Numbers) async {
    let timeout: Duration? = numbers.chance(40) ? .microseconds(numbers.within(1...3000)) : nil
    let policy = numbers.pick([
      ResubmissionPolicy.completion, .completion, .nonblocking, .retry(limit: 2), scenario.policy,
    ])
    let target = numbers.chance(10) ? nobody ?? address : address
    let endpoint = await Endpoint.connect(to: target, in: self, timeout: timeout, policy: policy)
    guard let endpoint else {
      await self.pause(microseconds: numbers.within(1...200), on: group.next())
      return
    }
    if numbers.chance(30) {
      endpoint.outbound?.senderEnded(.broken)
      return await endpoint.end(&numbers)
    }
    guard await endpoint.send(Content.headerByteCount), await endpoint.finish() else {
      return endpoint.giveUp()
    }
    await endpoint.drain()
    await endpoint.end(&numbers)
  }

  /// An address at which nobody listens: tcpmux (RFC 1078).
  private var nobody: SocketAddress? {
    try? SocketAddress(parsing: "127.0.0.1:1")
  }
}
