// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import TestSupport
import Uring

@testable import CompletionIO

/// What an errno leads to, one column a kind of request: the documentation's table, as far as one
/// wrong answer shows it under the policy `.completion`.
enum InjectionTable {
  enum Column: Int, CaseIterable {
    case accept, acceptMany, receive, receivePooled, receiveMany
    case send, sendMessage, sendZeroCopy, connect, read, poll
  }

  /// The verdict that each letter of a row stands for.
  static let verdicts: [Character: Verdict.Kind] = [
    ".": .surface, "R": .resubmit, "P": .pollFirst, "B": .backOff, "F": .awaitDescriptor,
    "W": .awaitWritability, "C": .readPendingError, "D": .dropCapability,
  ]

  struct Row: Sendable {
    let error: Errno
    private let letters: [Character]

    init(_ error: Errno, _ text: String) {
      self.error = error
      letters = text.filter { $0 != " " }.map { $0 }
      precondition(letters.count == Column.allCases.count, "a row of \(letters.count)")
    }

    func verdict(_ column: Column) -> Verdict.Kind? { verdicts[letters[column.rawValue]] }
  }

  static let rows: [Row] = [
    //                                    accept receive send   con- read
    //                                             one   one    nect poll
    Row(.resourceTemporarilyUnavailable, "P P    P P P  P P P  W    . ."),
    Row(.nowInProgress, "                 . .    . . .  P P P  W    . ."),
    Row(.alreadyInProcess, "              . .    . . .  P P P  W    . ."),
    Row(.socketIsConnected, "             . .    . . .  . . .  C    . ."),
    Row(.interrupted, "                   R R    R R R  R R R  W    R R"),
    Row(.canceled, "                      . R    . . R  . . .  .    . ."),
    Row(.timeout, "                       . .    . . .  . . .  .    . ."),
    Row(.noBufferSpace, "                 B B    B R R  B B B  B    . ."),
    Row(.noMemory, "                      B B    B B B  B B D  B    . ."),
    Row(.connectionReset, "               . .    . . .  . . .  .    . ."),
    Row(.brokenPipe, "                    . .    . . .  . . .  .    . ."),
    Row(.timedOut, "                      . .    . . .  . . .  .    . ."),
    Row(.socketNotConnected, "            . .    . . .  . . .  .    . ."),
    Row(.connectionRefused, "             . .    . . .  . . .  .    . ."),
    Row(.connectionAbort, "               R R    . . .  . . .  .    . ."),
    Row(.protocolError, "                 R R    . . .  . . .  .    . ."),
    Row(.notPermitted, "                  R R    . . .  . . .  .    . ."),
    Row(.tooManyOpenFiles, "              F F    . . .  . . .  .    . ."),
    Row(.tooManyOpenFilesInSystem, "      F F    . . .  . . .  .    . ."),
    Row(.invalidArgument, "               . D    . . D  . . D  .    . ."),
    Row(.notSupportedOnSocket, "          . .    . . .  . . D  .    . ."),
    Row(.badFileDescriptor, "             . .    . . .  . . .  .    . ."),
    Row(.networkUnreachable, "            . .    . . .  . . .  .    . ."),
    Row(.noRouteToHost, "                 . .    . . .  . . .  .    . ."),
    Row(.networkDown, "                   . .    . . .  . . .  .    . ."),
    Row(.ioError, "                       . .    . . .  . . .  .    . ."),
  ]
}

extension InjectionTable.Column {
  /// A request of this kind that succeeds at once on the given sockets.
  func request(on sockets: InjectionSockets, group: UInt16) throws -> Request {
    let memory = unsafe sockets.memory
    let near = sockets.near.target
    switch self {
    case .accept: return .accept(from: sockets.listener.target)
    case .acceptMany: return .acceptMultishot(from: sockets.listener.target)
    case .receive: return unsafe .receive(near, into: memory, byteCount: 4)
    case .receivePooled: return .receive(near, bufferGroup: group)
    case .receiveMany: return .receiveMultishot(near, bufferGroup: group)
    case .send: return unsafe .send(memory, byteCount: 4, to: near)
    case .sendMessage: return unsafe .sendMessage(sockets.message(of: 4), byteCount: 4, to: near)
    case .sendZeroCopy: return unsafe .sendZeroCopy(memory, byteCount: 4, to: near)
    case .connect:
      let byteCount = unsafe try sockets.listener.localAddress.withSockaddr { pointer, count in
        unsafe memory.copyMemory(from: pointer, byteCount: count)
        return count
      }
      // The socket is connected already, as if an earlier attempt of ours had got through.
      return unsafe .connect(near, to: memory, byteCount: byteCount)
    case .read:
      return unsafe .read(.file(sockets.event.descriptor), into: memory, byteCount: 8)
    case .poll: return .poll(near, mask: UInt32(POLLIN))
    }
  }

  var operation: Uring.Operation {
    switch self {
    case .accept, .acceptMany: .accept
    case .receive, .receivePooled, .receiveMany: .receive
    case .send: .send
    case .sendMessage: .sendMessage
    case .sendZeroCopy: .sendZeroCopy
    case .connect: .connect
    case .read: .read
    case .poll: .poll
    }
  }

  /// What the request comes to in the end.
  func isSuccess(_ result: Int32) -> Bool {
    switch self {
    case .accept, .acceptMany: result > 0
    case .receive, .receivePooled, .receiveMany, .send, .sendMessage, .sendZeroCopy: result == 4
    case .connect: result == 0
    case .read: result == 8
    case .poll: result & Int32(POLLIN) != 0
    }
  }
}

extension InjectionSockets {
  /// A `msghdr` for the first bytes of the memory, further up in it.
  func message(of byteCount: Int) -> UnsafeRawPointer {
    let vector = unsafe (memory + 128).initializeMemory(
      as: iovec.self, to: iovec(iov_base: memory, iov_len: byteCount))
    var header = unsafe msghdr()
    unsafe header.msg_iov = unsafe vector
    unsafe header.msg_iovlen = 1
    return unsafe UnsafeRawPointer(
      (memory + 160).initializeMemory(as: msghdr.self, to: header))
  }
}
