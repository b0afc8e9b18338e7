// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import CompletionIO

/// How a relay carries its bytes, as a table.
@Suite struct RelayWayTests {
  typealias Event = RelayWay.Event

  static let least = RelayWay.leastNeeded
  static let full = Event.received(byteCount: 1 << 16, isFull: true)
  static let partial = Event.received(byteCount: 1 << 16, isFull: false)
  static let much = Event.spliced(byteCount: RelayWay.paying)
  static let little = Event.spliced(byteCount: RelayWay.paying - 1)

  private static func buffers(_ count: Int, _ needed: Int = least) -> RelayWay {
    .buffers(fullByteCount: count, needed: needed)
  }

  private static func pipe(
    _ smallCount: Int, _ byteCount: Int, _ needed: Int = least
  ) -> RelayWay {
    .pipe(smallCount: smallCount, byteCount: byteCount, needed: needed)
  }

  static let rows: [(RelayWay, Event, RelayWay)] = [
    // Full buffers in a row lead to a pipe, and one that is not full begins anew.
    (buffers(0), full, buffers(1 << 16)),
    (buffers(least - (1 << 16) - 1), full, buffers(least - 1)),
    (buffers(least - 1), full, pipe(0, 0)),
    (buffers(least, 2 * least), full, buffers(least + (1 << 16), 2 * least)),
    (buffers(least - 1), partial, buffers(0)),
    (buffers(7), much, buffers(7)),
    (buffers(7), little, buffers(7)),
    (buffers(7), .short, buffers(7)),
    // Splices that bring little in a row lead back.
    (pipe(0, 0), full, pipe(0, 0)),
    (pipe(1, 5), partial, pipe(1, 5)),
    (pipe(0, 5), much, pipe(0, 5 + (1 << 17))),
    (pipe(2, 5), much, pipe(0, 5 + (1 << 17))),
    (pipe(0, 5), little, pipe(1, 5 + (1 << 17) - 1)),
    (pipe(1, 5), little, pipe(2, 5 + (1 << 17) - 1)),
    // What has not paid is tried later the next time, up to a limit; what has is forgotten.
    (pipe(2, 5), little, buffers(0, 2 * least)),
    (pipe(2, 5, 4 * least), little, buffers(0, 8 * least)),
    (pipe(2, 5, RelayWay.mostNeeded), little, buffers(0, RelayWay.mostNeeded)),
    (pipe(2, 8 * least), little, buffers(0, least)),
    (pipe(2, 32 * least, 4 * least), little, buffers(0, least)),
    (pipe(0, 5), .short, buffers(0, 2 * least)),
    (pipe(0, 8 * least), .short, buffers(0, least)),
    // What cannot be spliced never is.
    (buffers(7), .refused, .memory),
    (pipe(1, 5), .refused, .memory),
    (.memory, .refused, .memory),
    (.memory, full, .memory),
    (.memory, partial, .memory),
    (.memory, much, .memory),
    (.memory, little, .memory),
    (.memory, .short, .memory),
  ]

  @Test(arguments: rows.indices)
  func row(index: Int) {
    let (way, event, next) = Self.rows[index]
    #expect(way.next(after: event) == next)
  }

  @Test("A long transfer takes the pipe, a conversation leaves it")
  func phases() {
    var way = RelayWay()
    var count = 0
    while !way.isThroughPipe {
      way = way.next(after: Self.full)
      count += 1
    }
    #expect(count == 16)
    for _ in 0..<3 { way = way.next(after: .spliced(byteCount: 64)) }
    #expect(way == Self.buffers(0, 2 * Self.least))
  }
}
