import { expect } from 'chai';
import { answerDirection, offeredCodecs, readSdp, writeSdp } from '../../../../sip/call/sdp.ts';

const sdp = (...media: string[]) =>
  ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0', ...media, ''].join('\r\n');

describe('session descriptions', () => {
  it("takes the peer's first codec that we speak, with its event payload type", () => {
    const body = sdp(
      'm=audio 4000 RTP/AVP 9 8 0 97',
      'a=rtpmap:9 G722/8000',
      'a=rtpmap:97 telephone-event/8000',
      'a=sendrecv',
    );
    expect(readSdp(body)).to.deep.equal({
      ip: '192.0.2.1',
      port: 4000,
      codec: 'PCMA',
      codecPt: 8,
      dtmfPt: 97,
      direction: 'sendrecv',
    });
  });

  it('knows the static payload types without a map, and no events where none are offered', () => {
    expect(readSdp(sdp('m=audio 4000 RTP/AVP 0'))).to.include({ codec: 'PCMU', codecPt: 0, dtmfPt: null });
  });

  it('does not take a wideband map of a static number for G.711', () => {
    expect(readSdp(sdp('m=audio 4000 RTP/AVP 0', 'a=rtpmap:0 PCMU/16000'))).to.equal('no-common-codec');
  });

  it('reads hold in both of its forms', () => {
    expect(readSdp(sdp('m=audio 4000 RTP/AVP 0', 'a=sendonly'))).to.include({ direction: 'sendonly' });
    const zero = sdp('m=audio 4000 RTP/AVP 0', 'c=IN IP4 0.0.0.0');
    expect(readSdp(zero)).to.include({ direction: 'sendonly' });
    expect(answerDirection('sendonly')).to.equal('recvonly');
    expect(answerDirection('recvonly')).to.equal('sendonly');
    expect(answerDirection('inactive')).to.equal('inactive');
  });

  it('says what is wrong with what it cannot use', () => {
    expect(readSdp(sdp('m=video 4000 RTP/AVP 99'))).to.equal('no-audio');
    expect(readSdp(sdp('m=audio 0 RTP/AVP 0'))).to.equal('no-audio');
    expect(readSdp(sdp('m=audio 4000 RTP/AVP 18'))).to.equal('no-common-codec');
    expect(readSdp('v=0\r\nm=audio 4000 RTP/AVP 0\r\n')).to.equal('no-address');
    expect(readSdp('x'.repeat(20_000))).to.equal('malformed');
    expect(readSdp('\u0000\u0001')).to.be.a('string');
  });

  it('writes what it can read again', () => {
    const body = writeSdp({
      ip: '192.0.2.9',
      port: 20_000,
      sessionId: 7,
      version: 2,
      direction: 'recvonly',
      codecs: offeredCodecs,
      dtmfPt: 101,
    });
    expect(body).to.match(/^v=0\r\no=hearthline 7 2 IN IP4 192\.0\.2\.9\r\n/);
    expect(readSdp(body)).to.include({
      ip: '192.0.2.9',
      port: 20_000,
      codec: 'PCMA',
      dtmfPt: 101,
      direction: 'recvonly',
    });
  });
});
