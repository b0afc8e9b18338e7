// SPDX-License-Identifier: Apache-2.0

// Services of datagrams, whose ends a loop that drains waits for.
extension DatagramEndpoint {
  /// Takes note that somebody receives, so that a bound socket is a service.
  ///
  /// One that only sends is none: nothing tells when it has done its work.
  func countAsService() {
    guard isServing, !isService, closing == .open else { return }
    isService = true
    loop.datagramServiceCount += 1
  }

  /// Takes note that the socket is closed.
  func forgetService() {
    guard isService else { return }
    isService = false
    loop.datagramServiceCount -= 1
    loop.finishDrainingIfQuiet()
  }
}
