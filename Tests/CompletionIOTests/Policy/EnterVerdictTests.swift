// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import CompletionIO

/// The table of errnos of io_uring_enter(2) itself.
@Suite struct EnterVerdictTests {
  @Test(arguments: [
    (Errno.resourceTemporarilyUnavailable, EnterVerdict.reapAndRetry),
    (.noMemory, .reapAndRetry),
    (.resourceBusy, .reapAndRetry),
    (.interrupted, .goOn),
    (.timeout, .goOn),
    (.fileExists, .programmingError),
    (.invalidArgument, .programmingError),
    (.badAddress, .programmingError),
    (Errno(rawValue: 77), .programmingError),  // EBADFD
    (Errno(rawValue: 53), .ringLost),  // EBADR
    (.noSuchAddressOrDevice, .ringLost),
    (.badFileDescriptor, .ringLost),
    (.notSupportedOnSocket, .ringLost),
    (Errno(rawValue: 130), .ringLost),  // EOWNERDEAD
    (.ioError, .ringLost),
  ])
  func everyErrnoHasItsMeaning(_ error: Errno, _ expected: EnterVerdict) {
    #expect(EnterVerdict(for: error) == expected)
  }
}
