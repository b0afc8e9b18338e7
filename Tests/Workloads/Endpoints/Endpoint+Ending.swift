// SPDX-License-Identifier: Apache-2.0

import CompletionIO

extension Endpoint {
  /// Gives the connection up in the middle.
  func giveUp() {
    outbound?.senderEnded(.broken)
    abort()
  }

  /// Resets the connection in the middle, which its peer must be told.
  func reset() {
    outbound?.senderEnded(.reset)
    announceClose()
    connection.reset()
  }

  /// Aborts the connection if its writer has not ended, once its reader has ended.
  ///
  /// An echoing peer ends its half only after the writer has ended this one. A reader that ends
  /// earlier has seen the connection fail, and the writer might wait for ever.
  func abortUnlessFinished() {
    if outbound?.isSenderOpen ?? true { abort() }
  }

  /// Closes in one of several ways, when nobody uses the connection any more.
  func end(_ numbers: inout Numbers) async {
    announceClose()
    switch numbers.within(0...3) {
    case 0: abort()
    case 1: break  // Dropped, which closes it.
    default: await close()
    }
  }
}
