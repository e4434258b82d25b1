# One image for all of Vouch's processes: vouch serve, vouch worker, vouch beat.
FROM python:3.11.10-slim-bookworm AS build
WORKDIR /srv/vouch
RUN python -m venv /opt/vouch
COPY requirements.lock pyproject.toml README.md LICENSE ./
COPY core core
COPY connectors connectors
COPY ingest ingest
COPY retrieval retrieval
COPY answer answer
COPY evals evals
COPY api api
RUN /opt/vouch/bin/pip install --no-cache-dir --disable-pip-version-check -c requirements.lock -e . \
    && /opt/vouch/bin/python -m api.webbuild \
    && rm -rf api/web/node_modules

FROM python:3.11.10-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /data vouch && install -d -o vouch -g vouch -m 0700 /data
COPY --from=build /opt/vouch /opt/vouch
COPY --from=build /srv/vouch /srv/vouch
ENV PATH=/opt/vouch/bin:$PATH PYTHONUNBUFFERED=1 VOUCH_DATA_DIR=/data
USER vouch
WORKDIR /data
VOLUME /data
EXPOSE 8000
# Jobs and questions that are being worked on may end first.
STOPSIGNAL SIGTERM
ENTRYPOINT ["vouch"]
CMD ["serve", "--host", "0.0.0.0"]
