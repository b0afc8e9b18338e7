// SPDX-License-Identifier: Apache-2.0

import Glibc
import ReadinessIO

/// The naive answer: sleep for a while, then try again.
enum SleepAndRetryChapter {
  static func run(telling narration: inout Narration) throws {
    narration.chapter("4. Sleep and retry on send: simple, and either late or busy")
    let connection = try Connection()
    let sender = try connection.client.nonblocking()
    var reader: WaitingThread<Void>?
    var sentCount = 0
    var delay: UInt32 = 100
    while sentCount < Pattern.byteCount {
      do throws(NonblockingSocketError) {
        sentCount += try sender.sendPattern(from: sentCount)
        delay = 100
      } catch .wouldBlock {
        // The peer begins to read once the sender has been refused.
        if reader == nil {
          reader = try connection.startReader()
        }
        usleep(delay)
        delay = min(delay * 2, 10_000)
      }
    }
    try sender.shutdown(.sending)
    guard let reader else { throw TourError("expected: a send that would block") }
    try reader.value()
    narration.tell("send", "would block: slept, longer each time, and tried the rest again")
    narration.tell("send", "got through: every byte arrived, in order")
  }
}
