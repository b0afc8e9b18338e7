// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Uring

extension World {
  /// Stops the loops at any step of several kinds of servers and their clients.
  func runShutdown() async {
    var numbers = scenario.numbers
    ledger.when(begun: numbers.within(1...max(2, scenario.operationCount))) { [self] in
      announceStop()
      for loop in group.loops { loop.stop() }
    }
    let width = numbers.within(1...8)
    let style = numbers.pick([EchoStyle.borrowing, .giving, .copying])
    await withEcho(style, &numbers) { address, numbers in
      var rest = numbers
      await withEcho(.handling, &rest) { other, numbers in
        await crowd(width, &numbers) { numbers in
          await self.exchange(with: numbers.chance(50) ? address : other, &numbers)
        }
      }
      numbers = rest
    }
  }
}
