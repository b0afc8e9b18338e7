// SPDX-License-Identifier: Apache-2.0

import CLiburing
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Uring

/// Each request against the entry that liburing's own prep call writes.
@Suite struct EncodingTests {
  private let socket = Descriptor.file(FileDescriptor(rawValue: 7))
  private let token = Token(slot: 3, generation: 9, operation: .send)

  /// What a request looks like in an entry that held `old` before.
  private func entry(_ request: Request, over old: UInt8 = 0xff) -> curing_kernel_sqe {
    var entry = curing_kernel_sqe()
    unsafe withUnsafeMutableBytes(of: &entry) { bytes in
      for index in bytes.indices { unsafe bytes[index] = old }
    }
    unsafe request.encode(into: &entry, token: token)
    return entry
  }

  private func bytes(_ entry: curing_kernel_sqe) -> [UInt8] {
    unsafe withUnsafeBytes(of: entry) { unsafe [UInt8]($0) }
  }

  private func expect(
    _ request: Request, writes prepare: (inout curing_kernel_sqe) -> Void,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    var expected = curing_kernel_sqe()
    prepare(&expected)
    expected.user_data = token.rawValue
    #expect(
      bytes(entry(request)) == bytes(expected), "\(request.operation)",
      sourceLocation: sourceLocation)
  }

  @Test func control() {
    expect(.nop) { unsafe io_uring_prep_nop(&$0) }
    expect(.poll(socket, mask: CURING_POLLIN)) {
      unsafe io_uring_prep_poll_add(&$0, 7, CURING_POLLIN)
    }
    expect(.poll(socket, mask: CURING_POLLOUT, options: .multishot)) {
      unsafe io_uring_prep_poll_multishot(&$0, 7, CURING_POLLOUT)
    }
    expect(.removePoll(token)) { unsafe io_uring_prep_poll_remove(&$0, token.rawValue) }
    expect(.cancel(token)) { unsafe io_uring_prep_cancel64(&$0, token.rawValue, 0) }
    expect(.cancelAll) {
      unsafe io_uring_prep_cancel64(&$0, 0, 0)
      $0.cancel_flags = 0b101  // ALL | ANY
    }
    expect(.close(socket)) { unsafe io_uring_prep_close(&$0, 7) }
    expect(.close(.direct(7))) { unsafe io_uring_prep_close_direct(&$0, 7) }
    expect(.message(toRing: FileDescriptor(rawValue: 7), token: token, value: 11)) {
      unsafe io_uring_prep_msg_ring(&$0, 7, 11, token.rawValue, 0)
    }
    expect(.shutdown(socket, direction: 1)) { unsafe io_uring_prep_shutdown(&$0, 7, 1) }
  }

  /// Their times are the ring's, and given by it.
  @Test func timeouts() {
    expect(.timeout(after: .seconds(1))) { unsafe io_uring_prep_timeout(&$0, nil, 0, 0) }
    expect(.linkTimeout(after: .seconds(1))) { unsafe io_uring_prep_link_timeout(&$0, nil, 0) }
  }

  @Test func accept() {
    let closeOnExec = Int32(0o2_000_000)
    expect(.accept(from: socket)) {
      unsafe io_uring_prep_accept(&$0, 7, nil, nil, closeOnExec)
    }
    expect(.acceptMultishot(from: socket)) {
      unsafe io_uring_prep_multishot_accept(&$0, 7, nil, nil, closeOnExec)
    }
    expect(.acceptMultishot(from: socket, options: .intoDirectTable)) {
      unsafe io_uring_prep_multishot_accept_direct(&$0, 7, nil, nil, 0)
    }
    expect(.accept(from: socket, options: [.pollFirst, .doNotWait])) {
      unsafe io_uring_prep_accept(&$0, 7, nil, nil, closeOnExec)
      $0.ioprio = 0b110
    }
  }

  @Test func acceptWithAnAddress() {
    let closeOnExec = Int32(0o2_000_000)
    let memory = Memory([UInt8](repeating: 0, count: 132))
    let address = unsafe memory.start.assumingMemoryBound(to: sockaddr.self)
    let length = unsafe (memory.start + 128).assumingMemoryBound(to: socklen_t.self)
    unsafe expect(.accept(from: socket, addressInto: memory.start)) {
      unsafe io_uring_prep_accept(&$0, 7, address, length, closeOnExec)
    }
    unsafe expect(
      .accept(from: socket, options: [.intoDirectTable, .multishot], addressInto: memory.start)
    ) {
      unsafe io_uring_prep_accept(&$0, 7, address, length, 0)
      $0.file_index = UInt32.max  // IORING_FILE_INDEX_ALLOC
    }
  }

  @Test func connect() {
    let address = Memory(of: sockaddr())
    unsafe expect(.connect(socket, to: address.start, byteCount: 16)) {
      unsafe io_uring_prep_connect(&$0, 7, address.start.assumingMemoryBound(to: sockaddr.self), 16)
    }
  }

  @Test func receive() {
    let memory = Memory(of: UInt64(0))
    let (wait, all) = (CURING_MSG_DONTWAIT, CURING_MSG_WAITALL)
    unsafe expect(.receive(socket, into: memory.start, byteCount: 8)) {
      unsafe io_uring_prep_recv(&$0, 7, memory.start, 8, 0)
    }
    unsafe expect(
      .receive(socket, into: memory.start, byteCount: 8, options: [.doNotWait, .waitForAll])
    ) {
      unsafe io_uring_prep_recv(&$0, 7, memory.start, 8, wait | all)
    }
    unsafe expect(.read(socket, into: memory.start, byteCount: 8)) {
      unsafe io_uring_prep_read(&$0, 7, memory.start, 8, UInt64.max)
    }
    expect(.receive(socket, bufferGroup: 5, options: .pollFirst)) {
      unsafe io_uring_prep_recv(&$0, 7, nil, Int(Int32.max), 0)
      unsafe curing_select_buffer(&$0, 5)
      $0.ioprio = 1
    }
    expect(.receiveMultishot(socket, bufferGroup: 5)) {
      unsafe io_uring_prep_recv_multishot(&$0, 7, nil, 0, 0)
      unsafe curing_select_buffer(&$0, 5)
    }
  }

  @Test func receiveMessage() {
    let memory = unsafe Memory(of: msghdr())
    let closesOnExec = CURING_MSG_CMSG_CLOEXEC
    let header = unsafe memory.start.assumingMemoryBound(to: msghdr.self)
    unsafe expect(.receiveMessage(socket, into: memory.start)) {
      unsafe io_uring_prep_recvmsg(&$0, 7, header, UInt32(closesOnExec))
    }
    unsafe expect(
      .receiveMessage(
        socket, template: memory.start, bufferGroup: 5, options: [.fullLength, .doNotWait])
    ) {
      unsafe io_uring_prep_recvmsg(
        &$0, 7, header, UInt32(CURING_MSG_TRUNC | CURING_MSG_DONTWAIT | closesOnExec))
      unsafe curing_select_buffer(&$0, 5)
    }
    unsafe expect(
      .receiveMessageMultishot(
        socket, template: memory.start, bufferGroup: 5, options: .pollFirst)
    ) {
      unsafe io_uring_prep_recvmsg_multishot(&$0, 7, header, UInt32(closesOnExec))
      unsafe curing_select_buffer(&$0, 5)
      $0.ioprio |= 1
    }
  }

  @Test func transfersFromFiles() {
    let (file, pipe) = (FileDescriptor(rawValue: 9), Descriptor.file(FileDescriptor(rawValue: 8)))
    let memory = Memory(of: UInt64(0))
    let transfer = UnsafeMutablePointer<FileTransfer>.allocate(capacity: 1)
    defer { unsafe transfer.deallocate() }
    unsafe transfer.initialize(
      to: FileTransfer(
        from: file, offset: 1 << 40, memory: unsafe UInt(bitPattern: memory.start)))
    unsafe expect(.readFile(transfer, byteCount: 8)) {
      unsafe io_uring_prep_read(&$0, 9, memory.start, 8, 1 << 40)
    }
    unsafe expect(.splice(transfer, byteCount: 5, to: pipe)) {
      unsafe io_uring_prep_splice(&$0, 9, 1 << 40, 8, -1, 5, 0)
    }
    unsafe transfer.pointee = FileTransfer(from: file)
    unsafe expect(.splice(transfer, byteCount: 5, to: .direct(8))) {
      unsafe io_uring_prep_splice(&$0, 9, -1, 8, -1, 5, 0)
      $0.flags = 1
    }
  }

  @Test func send() {
    let noSignal = CURING_MSG_NOSIGNAL
    let memory = Memory(of: UInt64(0))
    unsafe expect(.send(memory.start, byteCount: 8, to: socket)) {
      unsafe io_uring_prep_send(&$0, 7, memory.start, 8, noSignal)
    }
    unsafe expect(
      .send(memory.start, byteCount: 8, to: socket, options: [.waitForAll, .pollFirst])
    ) {
      unsafe io_uring_prep_send(&$0, 7, memory.start, 8, noSignal | CURING_MSG_WAITALL)
      $0.ioprio = 1
    }
    unsafe expect(.sendZeroCopy(memory.start, byteCount: 8, to: socket)) {
      unsafe io_uring_prep_send_zc(&$0, 7, memory.start, 8, noSignal, 0)
    }
    unsafe expect(.sendMessage(memory.start, byteCount: 8, to: socket)) {
      unsafe io_uring_prep_sendmsg(
        &$0, 7, memory.start.assumingMemoryBound(to: msghdr.self), UInt32(noSignal))
    }
  }

  @Test func directDescriptor() {
    for request in [
      Request.poll(.direct(7), mask: 1), .receiveMultishot(.direct(7), bufferGroup: 0),
      .accept(from: .direct(7)), .shutdown(.direct(7), direction: 2),
    ] {
      #expect(entry(request).flags & 1 == 1, "IOSQE_FIXED_FILE of \(request.operation)")
      #expect(entry(request).fd == 7)
    }
  }

  @Test func holdsNothingOfTheEntryBefore() {
    let requests: [Request] = [
      .nop, .poll(socket, mask: 1), .removePoll(token), .cancel(token), .cancelAll,
      .close(socket), .close(.direct(1)), .accept(from: socket),
      .acceptMultishot(from: socket, options: .intoDirectTable),
      .receiveMultishot(socket, bufferGroup: 1), .shutdown(socket, direction: 0),
      .message(toRing: FileDescriptor(rawValue: 7), token: token, value: 1),
      .timeout(after: .seconds(1)), .linkTimeout(after: .seconds(1)),
    ]
    for request in requests {
      #expect(bytes(entry(request, over: 0)) == bytes(entry(request, over: 0xff)))
    }
  }

  @Test func whatNoKernelKnowsIsNotMistakenForSomethingElse() {
    // In the entry an index is one higher, and 0 there would close descriptor 0.
    #expect(entry(.close(.direct(-1))).file_index == 1 << 31)
    #expect(Int32(bitPattern: entry(.shutdown(socket, direction: -1)).len) == .max)
    var shutdown = Request.shutdown(socket, direction: 0)
    shutdown.count = .max
    #expect(Int32(bitPattern: entry(shutdown).len) == -1)
  }
}
