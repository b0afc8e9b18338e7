// SPDX-License-Identifier: Apache-2.0

internal import Uring

// A relay's steps through a pipe.
extension StreamConnection {
  /// Takes what buffers of the pool have brought, or moves bytes into a passage's pipe.
  nonisolated(nonsending) func receive(
    through passage: PipePassage
  ) async throws(SocketError) -> SocketStream.Passed {
    guard stream.loop.isCurrent else {
      return try await stream.loop.isolation.run { _ throws(SocketError) in
        try await self.receive(through: passage)
      }
    }
    while true {
      if mustLetOthersGoOn { await letOthersGoOn() }
      if stream.loop.hasDeadlines, isPastDeadline() { throw await refuseToReceive() }
      let isOwner = isOwnersTask
      let wait: WaitID
      switch try stream.receive(through: passage, isOwner: isOwner) {
      case .wait(let id): wait = id
      case let passed: return passed
      }
      let result = await result(of: wait, isOwner: isOwner)
      guard stream.loop.isCurrent else {
        return try await stream.loop.isolation.run { _ throws(SocketError) in
          try self.stream.finishPassing(result)
        }
      }
      switch try stream.finishPassing(result) {
      // The receive into buffers has been ended, and nothing else was tried.
      case .nothing where passage.attempt == .none: continue
      case let passed: return passed
      }
    }
  }

  /// Has the connection receive into buffers of the pool again.
  nonisolated(nonsending) func stopPassing(through passage: PipePassage) async {
    if stream.loop.isCurrent { return stream.stopPassing(through: passage) }
    await stream.loop.isolation.run { _ in self.stream.stopPassing(through: passage) }
  }

  /// Sends what is in a passage's pipe; what has not gone out at an error is still there.
  nonisolated(nonsending) func send(
    from passage: PipePassage, timeout: Duration?
  ) async throws(SocketError) {
    guard stream.loop.isCurrent else {
      return try await stream.loop.isolation.run { _ throws(SocketError) in
        try await self.send(from: passage, timeout: timeout)
      }
    }
    if mustLetOthersGoOn { await letOthersGoOn() }
    let isOwner = isOwnersTask
    guard let wait = try stream.send(from: passage, timeout: timeout, isOwner: isOwner) else {
      return
    }
    let result = await result(of: wait, isOwner: isOwner)
    await forgetSpecial(wait)
    try check(result)
  }
}
