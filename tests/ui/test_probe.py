from .helpers import *
async def test_probe(seeds):
    t=time.time()
    async with opened(seeds) as r:
        print(time.time()-t)
        print(r.text); print(r.header)
        await r.press("3"); print(r.message, time.time()-t); print(r.header)
        await r.press("3"); print(r.header)
        await r.press("1","j","l","]","]"); print(r.text, r.focus, r.place)
        await r.press("question_mark"); print(r.text)
    for size in (STACKED, NARROW, LOW):
        async with opened(seeds, size) as r:
            print(r.text)
            await r.press("l"); print(r.text)
    print(time.time()-t)
