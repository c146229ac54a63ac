import { describe, expect, it } from 'vitest'
import { GpacFault } from './gpac-fault.ts'
import { readGpacLine } from './gpac-reader.ts'

/** Lines that are refused; `«` stands before the character whose column is named. Words of the sentence follow. */
const WRONG: readonly (readonly [line: string, words: string])[] = [
  // Words and quotes.
  ['«', 'the line names nothing'],
  ['«gpac', 'the line names nothing'],
  ["-i «'a.mpd dashin -o route://225.1.1.0:6000", "the quote ' has no end"],
  ['-i a.mpd -o «"route://225.1.1.0:6000', 'the quote " has no end'],
  // Filters.
  ['-i a.mpd «vflip -o route://225.1.1.0:6000', "unknown filter 'vflip' (supported: aout, dashin, "],
  ['«dash:profile=live', "unknown filter 'dash' (supported: "],
  ['-i a.mpd «routeoutt:ip=1.2.3.4', "unknown filter 'routeoutt' (supported: "],
  ['-i a.mpd «a.mpd -o route://225.1.1.0:6000', "unknown filter 'a.mpd' (supported: "],
  // Options of a session.
  ['«-threads=4 -i a.mpd -o route://225.1.1.0:6000', "unknown option '-threads' (supported: --OPTION=VALUE, -dst, "],
  ['-i a.mpd -o route://225.1.1.0:6000 «-p=live', "unknown option '-p' (supported: "],
  ['-runfor=«5s -i route://225.1.1.0:6000:odir=x', '-runfor is a number of milliseconds'],
  ['-runfor=«0 -i route://225.1.1.0:6000:odir=x', '-runfor is a number of milliseconds'],
  ['-logs=«rout@info -i route://225.1.1.0:6000:odir=x', "unknown log tool 'rout' (supported: all, "],
  ['-logs=dash:«foo@info -i route://225.1.1.0:6000:odir=x', "unknown log tool 'foo'"],
  ['-logs=dash@«loud -i route://225.1.1.0:6000:odir=x', "unknown log level 'loud' (supported: debug, "],
  ['-logs=dash@info:route@«quiet httpout:rdirs=x', "unknown log level 'quiet'"],
  ['«-graph', 'the line names no input, filter or output'],
  // Inputs and outputs.
  ['«-i', 'nothing is named behind -i'],
  ['-i a.mpd «-o', 'nothing is named behind -o'],
  ['«-i -o route://225.1.1.0:6000', 'nothing is named behind -i'],
  ['-i «ftp://a/b.mpd -o route://225.1.1.0:6000', "unknown scheme 'ftp://' (supported: atsc, http, "],
  ['-i a.mpd -o «srt://127.0.0.1:1', "unknown scheme 'srt://'"],
  ['-i «route://225.1.1.0:6000', "nothing takes what 'route://225.1.1.0:6000' gives"],
  ['-o «route://225.1.1.0:6000', "nothing feeds 'route://225.1.1.0:6000'"],
  ['-i route://225.1.1.0:6000 -o «route://225.1.1.1:6000', "cannot take what 'route://225.1.1.0:6000' gives"],
  ['-i a.mpd dashin «httpout:hmode=push', 'hmode=push needs an address'],
  ['-i route://225.1.1.0:6000 -o «out.xyz', "'out.xyz' is no kind of output"],
  ['-i atsc:// -o «x$ServiceID$/$File$', "'x$ServiceID$/$File$' would give files of every type one ending"],
  ['-i atsc:// -o «$File$:dynext', "'$File$' names no folder"],
  ['«httpout:port=8080', 'httpout has nothing to serve'],
  // Options of filters.
  ['-i route://225.1.1.0:6000/:«max_seg=4:odir=x', "unknown option 'max_seg' of routein (supported: buffer, "],
  ['-i route://225.1.1.0:6000:gpac:«x=4:odir=x', "unknown option 'x' of routein"],
  ['-i route://225.1.1.0:6000:odir=x:max_segs=«four', "'max_segs' is 'four'; it must be a whole number"],
  ['-i route://225.1.1.0:6000:odir=x:«max_segs', "'max_segs' needs a value: max_segs=VALUE"],
  ['-i route://225.1.1.0:6000:kc=«maybe:odir=x', "'kc' is 'maybe'; it must be true or false"],
  ['-i route://225.1.1.0:6000:«!kc=1:odir=x', "'!kc' is false by its mark"],
  ['-i route://225.1.1.0:6000:repair=«http:odir=x', "'repair' is 'http'; it must be one of none, simple, strict, full"],
  ['-i route://225.1.1.0:6000:repair_urls=«ftp://h:odir=x', "'repair_urls' is 'ftp://h'; it must be an http://"],
  ['-i route://225.1.1.0:6000:odir=x:tunein=«-9', "'tunein' is '-9'"],
  ['-i a.mpd dashin:forward=«files -o route://225.1.1.0:6000', "'forward' is 'files'; it must be one of file, segb"],
  ['-i a.mpd dashin:«algo=none -o route://225.1.1.0:6000', "unknown option 'algo' of dashin (supported: forward)"],
  ['-i a.mpd dashin:forward=file -o route://225.1.1.0:6000/:«llmod', "unknown option 'llmod' of routeout"],
  ['-i a.mpd dashin -o route://225.1.1.0:6000:ttl=«256', "'ttl' is '256'; it must be a whole number from 0 to 255"],
  ['-i a.mpd dashin -o route://225.1.1.0:6000:carousel=1000«:', 'an option without a name'],
  ['-i a.mpd:«#Foo=1 dashin -o atsc://', "unknown property '#Foo' of fin (supported: #ATSC3MajorChannel, "],
  ['-i a.mpd:#ServiceID=«x dashin -o atsc://', "'#ServiceID' is 'x'; it must be a whole number"],
  ['-i a.mpd:«# dashin -o atsc://', 'an option needs a name'],
  ['-i a.mpd dashin:«#ServiceID=1 -o atsc://', "unknown property '#ServiceID' of dashin (supported: none)"],
  ['httpout:rdirs=x:port=«70000', "'port' is '70000'; it must be a whole number from 0 to 65535"],
  ['httpout:rdirs=x:cors=«maybe', "'cors' is 'maybe'"],
  ['httpout:rdirs=x:«jsx=hook.js', "unknown option 'jsx' of httpout"],
  ['-i a.mpd dashin -o route://225.1.1.0:6000 --«foo=1', "no filter here has the option '--foo' (supported: "],
  ['-i a.mpd dashin -o route://225.1.1.0:6000 --ttl=«no', "'ttl' is 'no'"],
  ['-i route://1.1.1.1:1:odir=x:kc -i route://1.1.1.1:2:odir=x:«kc=no', "'kc' differs from column 29"],
  // Links.
  ['-i a.mpd dashin:FID=D1 -o atsc://:SID=«D2', "no filter has the FID 'D2' (supported: D1)"],
  ['-i a.mpd dashin:FID=D1 -o atsc://:SID=D1,«D3', "no filter has the FID 'D3'"],
  ['-i a.mpd dashin:FID=D1 -o atsc://:SID=«D1#video', "SID 'D1#video' chooses by a property"],
  ['-i a.mpd:«SID=1 dashin -o atsc://', 'an input takes from no other filter'],
  ['-i a.mpd dashin «@5 -o atsc://', "'@5' names no filter: 2 stand before it"],
  ['-i a.mpd dashin «@@2 -o atsc://', "'@@2' names no filter"],
  ['-i a.mpd dashin «@#video -o atsc://', "'@#video' is no link"],
  ['-i a.mpd dashin -o atsc:// «@1', 'no filter follows the link'],
  ['-i a.mpd dashin:FID=1:SID=2 dashin:FID=2:SID=1 -o atsc://:SID=1', 'takes from itself by its SID'],
  // What the app plays.
  ['-play «a.mpd', "'a.mpd' is not played (supported: a capture, atsc://, "],
  ['-play route://225.1.1.0:6000 «httpout:port=8080', 'what the app plays has no other output'],
]

describe("a wrong line of GPAC's grammar", () => {
  it.each(WRONG)('%s', (marked, words) => {
    const column = marked.indexOf('«') + 1
    let fault: unknown
    try {
      readGpacLine(marked.replace('«', ''))
    } catch (thrown) {
      fault = thrown
    }
    expect(fault).toBeInstanceOf(GpacFault)
    const { message } = fault as GpacFault
    expect(message).toContain(words)
    if (column > 0) expect([(fault as GpacFault).column, message]).toEqual([column, message])
    expect(message).toMatch(/^Column \d+: .*\.$/)
  })

  it('is refused in one sentence whatever it is', () => {
    for (const [line] of WRONG)
      for (let cut = 0; cut < line.length; cut++)
        try {
          readGpacLine(line.slice(0, cut).replace('«', ''))
        } catch (thrown) {
          expect(thrown, line.slice(0, cut)).toBeInstanceOf(GpacFault)
        }
  })
})
