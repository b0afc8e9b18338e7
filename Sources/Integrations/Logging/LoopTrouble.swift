// SPDX-License-Identifier: Apache-2.0

#if Logging
internal import CompletionIO
internal import Logging

/// Something that a loop puts up with and counts.
struct LoopTrouble {
  let message: Logger.Message
  let count: @Sendable (LoopStatistics) -> UInt64

  static let all: [LoopTrouble] = [
    LoopTrouble(message: "operations were refused: the loop's flightLimit is reached") {
      $0.flightTableFull
    },
    LoopTrouble(message: "receives waited for buffers: all of the loop's pool were in use") {
      $0.count(of: .awaitBuffer)
    },
    LoopTrouble(message: "accepts waited for descriptors: the process has no more (RLIMIT_NOFILE)")
    { $0.count(of: .awaitDescriptor) },
    LoopTrouble(message: "the kernel had no memory for submissions, which were tried again") {
      $0.enterFailures
    },
    LoopTrouble(message: "requests that close or cancel have failed") { $0.controlFailures },
  ]
}
#endif
