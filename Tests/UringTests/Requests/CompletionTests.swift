// SPDX-License-Identifier: Apache-2.0

import CLiburing
import SystemPackage
import Testing
import Uring

@Suite struct CompletionTests {
  @Test func hasTheKernelsLayout() {
    typealias Entry = curing_kernel_cqe
    #expect(MemoryLayout<Completion>.size == 16)
    #expect(MemoryLayout<Completion>.stride == 16)
    #expect(MemoryLayout<Completion>.size == MemoryLayout<Entry>.size)
    #expect(
      MemoryLayout<Completion>.offset(of: \.token) == MemoryLayout<Entry>.offset(of: \.user_data))
    #expect(
      MemoryLayout<Completion>.offset(of: \.result) == MemoryLayout<Entry>.offset(of: \.res))
    #expect(
      MemoryLayout<Completion>.offset(of: \.flags) == MemoryLayout<Entry>.offset(of: \.flags))
  }

  @Test func namesTheKernelsFlags() {
    #expect(Completion.Flags.buffer.rawValue == CURING_CQE_F_BUFFER)
    #expect(Completion.Flags.more.rawValue == CURING_CQE_F_MORE)
    #expect(Completion.Flags.socketNonEmpty.rawValue == CURING_CQE_F_SOCK_NONEMPTY)
    #expect(Completion.Flags.notification.rawValue == CURING_CQE_F_NOTIF)
    #expect(CURING_CQE_BUFFER_SHIFT == 16)
  }

  @Test func tellsABufferByItsFlagOnly() {
    let token = Token(rawValue: 0)
    let taken = Completion(
      token: token, result: -104, flags: [.buffer, .init(rawValue: 0xfffe << 16)])
    #expect(taken.bufferIndex == 0xfffe)
    let none = Completion(token: token, result: 10, flags: .init(rawValue: 7 << 16))
    #expect(none.bufferIndex == nil)
  }

  @Test func tellsErrorsFromCounts() {
    #expect(Completion(token: Token(rawValue: 0), result: -32).error == .brokenPipe)
    #expect(Completion(token: Token(rawValue: 0), result: 0).error == nil)
    #expect(!Completion(token: Token(rawValue: 0), result: 5).hasMore)
    #expect(Completion(token: Token(rawValue: 0), result: -105, flags: .more).hasMore)
  }

  /// A message from another ring has any result that its sender chose.
  @Test func noResultTraps() {
    #expect(Completion(token: Token(rawValue: 0), result: .min).error != nil)
  }
}
