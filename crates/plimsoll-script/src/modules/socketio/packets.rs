//! What becomes of what happens on the connection.

use std::cell::Cell;
use std::rc::Rc;

use plimsoll_net::engineio::packet::{Kind, Packet};
use rquickjs::function::Rest;
use rquickjs::{Class, Ctx, Exception, Function, Object, Result, Value};
use tokio::time::Instant;

use super::acknowledgements::{DISCONNECTED, TIMED_OUT};
use super::class::Socket;
use super::link::{Happening, Link};
use super::payload;

/// Tells the script what has happened.
pub(super) fn deliver<'js>(
    ctx: &Ctx<'js>,
    socket: &Class<'js, Socket<'js>>,
    happening: Happening,
) -> Result<()> {
    match happening {
        Happening::Session => ask_for_namespace(ctx, socket),
        Happening::Packet(packet, attachments) => receive(ctx, socket, &packet, &attachments),
        Happening::Refused { message, description } => {
            link_of(socket).plan_another();
            let error = error(ctx, message)?;
            error.set("description", description)?;
            emit(socket, "connect_error", &[error.into_value()])
        }
        Happening::Lost { reason, description } => {
            let link = link_of(socket);
            link.plan_another();
            disconnected(ctx, socket, reason, Some(&description))
        }
        Happening::Late => {
            let late = socket.borrow().acknowledgements.take_late(Instant::now());
            let next = socket.borrow().acknowledgements.next_deadline();
            link_of(socket).set_ack_timer(next);
            late.into_iter().try_for_each(|waiting| waiting.answer.fail(ctx, TIMED_OUT))
        }
    }
}

fn link_of<'js>(socket: &Class<'js, Socket<'js>>) -> Rc<Link> {
    Rc::clone(socket.borrow().link())
}

fn error<'js>(ctx: &Ctx<'js>, message: &str) -> Result<Object<'js>> {
    Ok(Exception::from_message(ctx.clone(), message)?.into_inner())
}

/// Sends what the script says of itself, which a function of it may have to be asked for.
fn ask_for_namespace<'js>(ctx: &Ctx<'js>, socket: &Class<'js, Socket<'js>>) -> Result<()> {
    let link = link_of(socket);
    let auth = socket.borrow().auth.clone();
    let send = move |auth: Option<Value<'js>>| -> Result<()> {
        let data = match auth.filter(|auth| !auth.is_undefined() && !auth.is_null()) {
            Some(auth) => {
                auth.ctx().clone().json_stringify(auth)?.map(|json| json.to_string()).transpose()?
            }
            None => None,
        };
        link.send(Kind::Connect, None, data.unwrap_or_default(), Vec::new());
        Ok(())
    };
    match auth.as_ref().and_then(Value::as_function) {
        Some(function) => {
            let answer = move |auth: rquickjs::function::Opt<Value<'js>>| send(auth.0);
            function.call((Function::new(ctx.clone(), answer)?,))
        }
        None => send(auth),
    }
}

fn receive<'js>(
    ctx: &Ctx<'js>,
    socket: &Class<'js, Socket<'js>>,
    packet: &Packet,
    attachments: &[Vec<u8>],
) -> Result<()> {
    let link = link_of(socket);
    match packet.kind {
        Kind::Connect if !link.is_connected() => {
            let granted = payload::decode(ctx, &link.state, &packet.data, &[])?;
            let id =
                granted.and_then(Value::into_object).map(|granted| granted.get::<_, Option<String>>("sid"));
            link.connected(id.transpose()?.flatten().unwrap_or_default());
            emit(socket, "connect", &[])
        }
        Kind::ConnectError if !link.is_connected() => {
            link.close();
            let told = payload::decode(ctx, &link.state, &packet.data, &[])?.and_then(Value::into_object);
            let message = told.as_ref().map(|told| told.get::<_, Option<String>>("message")).transpose()?;
            let error = error(ctx, &message.flatten().unwrap_or_default())?;
            if let Some(data) = told.map(|told| told.get::<_, Value<'js>>("data")).transpose()? {
                error.set("data", data)?;
            }
            emit(socket, "connect_error", &[error.into_value()])
        }
        Kind::Disconnect if link.is_connected() => {
            link.close();
            disconnected(ctx, socket, "io server disconnect", None)
        }
        _ if !link.is_connected() => Ok(()),
        _ => {
            match payload::decode(ctx, &link.state, &packet.data, attachments)?.and_then(Value::into_array) {
                Some(values) => {
                    let values: Vec<Value<'js>> = values.iter().collect::<Result<_>>()?;
                    match packet.kind {
                        Kind::Event | Kind::BinaryEvent => event(ctx, socket, packet.id, values),
                        Kind::Ack | Kind::BinaryAck => acknowledged(ctx, socket, packet.id, values),
                        Kind::Connect | Kind::Disconnect | Kind::ConnectError => Ok(()),
                    }
                }
                None => {
                    link.close();
                    disconnected(ctx, socket, "parse error", None)
                }
            }
        }
    }
}

fn event<'js>(
    ctx: &Ctx<'js>,
    socket: &Class<'js, Socket<'js>>,
    id: Option<u64>,
    mut values: Vec<Value<'js>>,
) -> Result<()> {
    let link = link_of(socket);
    if values.is_empty() {
        return Ok(());
    }
    let name = crate::octets::coerced(ctx, values.remove(0))?;
    link.record(link.metrics.events_received, 1.0, Some(&name));
    if let Some(id) = id {
        values.push(answer(ctx, &link, id)?);
    }
    for function in socket.borrow().any_listeners() {
        let name = rquickjs::String::from_str(ctx.clone(), &name)?;
        function.call::<_, Value<'js>>((name, Rest(values.clone())))?;
    }
    emit(socket, &name, &values)
}

/// The function by which a script answers an event, once.
fn answer<'js>(ctx: &Ctx<'js>, link: &Rc<Link>, id: u64) -> Result<Value<'js>> {
    let link = Rc::downgrade(link);
    let is_answered = Cell::new(false);
    let answer = move |ctx: Ctx<'js>, values: Rest<Value<'js>>| -> Result<()> {
        let Some(link) = link.upgrade().filter(|link| link.is_connected() && !is_answered.replace(true))
        else {
            return Ok(());
        };
        let (json, attachments) = payload::encode(&ctx, &values.0)?;
        let kind = if attachments.is_empty() { Kind::Ack } else { Kind::BinaryAck };
        link.send(kind, Some(id), json, attachments);
        Ok(())
    };
    Ok(Function::new(ctx.clone(), answer)?.into_value())
}

fn acknowledged<'js>(
    ctx: &Ctx<'js>,
    socket: &Class<'js, Socket<'js>>,
    id: Option<u64>,
    values: Vec<Value<'js>>,
) -> Result<()> {
    let waiting = id.and_then(|id| socket.borrow().acknowledgements.take(id));
    let Some(waiting) = waiting else { return Ok(()) };
    let link = link_of(socket);
    link.record_acknowledgement(waiting.sent_at, &waiting.event);
    waiting.answer.give(ctx, values)
}

/// The socket is no longer connected.
pub(super) fn disconnected<'js>(
    ctx: &Ctx<'js>,
    socket: &Class<'js, Socket<'js>>,
    reason: &str,
    description: Option<&str>,
) -> Result<()> {
    let waiting = socket.borrow().acknowledgements.take_all();
    link_of(socket).set_ack_timer(None);
    waiting.into_iter().try_for_each(|waiting| waiting.answer.fail(ctx, DISCONNECTED))?;
    let reason = rquickjs::String::from_str(ctx.clone(), reason)?.into_value();
    let mut values = vec![reason];
    if let Some(description) = description {
        let details = Object::new(ctx.clone())?;
        details.set("description", description)?;
        values.push(details.into_value());
    }
    emit(socket, "disconnect", &values)
}

fn emit<'js>(socket: &Class<'js, Socket<'js>>, event: &str, values: &[Value<'js>]) -> Result<()> {
    let functions = socket.borrow().listeners.take(event);
    for function in functions {
        let this = rquickjs::function::This(socket.clone());
        function.call::<_, Value<'js>>((this, Rest(values.to_vec())))?;
    }
    Ok(())
}
