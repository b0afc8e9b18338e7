// SPDX-License-Identifier: Apache-2.0

extension KernelCheck {
  static let sockets: [KernelCheck] = [
    accept, acceptMultishot, acceptMultishotFromWorker, acceptWaitsOnNonblocking,
    acceptPollFirst, acceptDoNotWait, acceptTellsOfMore,
    receiveWaitsOnNonblocking, receiveDoNotWait, receivePollFirst, receiveMultishot,
    receiveEnd, receiveTellsOfMore, receiveReset, receiveMessages, receiveBundle,
    sendWhole, sendShort, sendMessage, sendBundle, sendVectorized,
    sendZeroCopy, sendZeroCopyReport, sendMessageZeroCopy, sendZeroCopyUnsupported,
    connect, connectRefused, connectTwice, connectAfterCancel,
    shutdownEndsReceive, shutdownByWorker, closeWithArmedReceive, hangUpIsReset,
    sendSwallowsReset,
    socketByRequest, listenByRequest, socketOptions, socketQueues,
  ]
}
