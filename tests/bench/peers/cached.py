"""The peer of cached reads: the smallest FastAPI application that returns bytes which it holds already.

Arguments: the file with the bytes, the path that is asked for, the port. Run by uvicorn with one worker, uvloop left out, httptools in.
"""
import sys

import uvicorn
from fastapi import FastAPI, Response

with open(sys.argv[1], "rb") as file:
    BODY = file.read()

app = FastAPI()


@app.get(sys.argv[2])
async def cached():
    return Response(content=BODY, media_type="application/json")


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[3]), http="httptools", log_level="warning", access_log=False)
