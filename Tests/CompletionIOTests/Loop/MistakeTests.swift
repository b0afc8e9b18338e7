// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import CompletionIO
@testable import Uring

/// Errors that can only be a mistake of this library trap in debug builds, and name the request.
@Suite struct MistakeTests {
  #if DEBUG
  @Test(arguments: [9, 14, 22, 88] as [Int32])  // EBADF, EFAULT, EINVAL, ENOTSOCK
  func aWrongRequestOfTheLibraryTraps(_ error: Int32) async {
    await #expect(processExitsWith: .failure) { [error] in
      let fixture = try LoopFixture()
      let stream = fixture.stream(77)
      stream.sendThree()
      fixture.kernel.refuse(.send, Errno(rawValue: error))
      fixture.turn(2)
    }
  }

  @Test func aSecondCloseTraps() async {
    await #expect(processExitsWith: .failure) {
      let fixture = try LoopFixture()
      fixture.loop.close(.file(FileDescriptor(rawValue: 77)))
      fixture.kernel.refuse(.close, .badFileDescriptor)
      fixture.turn(2)
    }
  }
  #endif

  @Test(arguments: [Errno.badFileDescriptor, .badAddress, .notSocket, .invalidArgument])
  func aWrongRequestOfAnApplicationIsItsOwnAffair(_ error: Errno) throws {
    let fixture = try LoopFixture()
    fixture.kernel.refuse(.send, error)
    let send = try fixture.start(.made(.send, byteCount: 5))
    fixture.settle()
    #expect(send.end?.error == error)
  }

  @Test func aTransientErrorOfTheLibraryIsNoMistake() throws {
    let fixture = try LoopFixture()
    let stream = fixture.stream(77)
    stream.sendThree()
    fixture.kernel.refuse(.send, .brokenPipe)
    fixture.turn(2)
    #expect(fixture.loop.statistics.count(of: .surface) == 1)
  }
}

extension SocketStream {
  fileprivate func sendThree() {
    let bytes: [UInt8] = [1, 2, 3]
    enqueue(copying: unsafe bytes.span.bytes)
  }
}
